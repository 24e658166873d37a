#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http.hpp"
#include "program.hpp"
#include "temporary_directory.hpp"

/// The real thing, as a container runs it: dumb-init server-runner hello, with an image that says
/// "old" and a project directory to deploy from.
class Demo {
 public:
  /// The releases are below directory() unless `releases` says where else.
  explicit Demo(std::vector<std::string> hello_options = {},
                std::vector<std::string> runner_options = {}, std::string releases = {});

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }
  [[nodiscard]] const std::string& releases() const { return releases_; }
  [[nodiscard]] Program& supervisor() { return *supervisor_; }
  [[nodiscard]] std::string log() const;

  /// GET, which must be answered.
  [[nodiscard]] HttpAnswer get(std::string_view target, std::string_view head = {}) const;
  [[nodiscard]] std::string message() const { return get("/").body; }
  [[nodiscard]] std::string release() const { return get("/ping").headers["x-ops-release"]; }
  /// The process id of the app that serves.
  [[nodiscard]] pid_t app() const;

  /// Writes into the project directory.
  void edit(std::string_view name, std::string_view contents) const;
  void remove(std::string_view name) const;

  /// `ops …` in the project directory, with the right password unless another is given.
  [[nodiscard]] Outcome ops(std::vector<std::string> arguments,
                            const std::string& password = password_text) const;
  [[nodiscard]] Outcome deploy() const { return ops({"deploy", "quick"}); }
  /// The three header lines of a signed-in user.
  [[nodiscard]] std::string sign_in() const;
  /// The project as the archive that `ops` would send.
  [[nodiscard]] std::string zip() const;
  /// Sends an archive; its answer.
  [[nodiscard]] std::optional<HttpAnswer> upload(const std::string& zip) const;
  /// What the server says of a deploy: "failed".
  [[nodiscard]] std::string state_of(const std::string& deploy) const;

  /// Starts it all again, after supervisor() has ended, in the same directories.
  void start_again();

  /// Every file and link below the releases directory, with contents, but for what may grow
  /// (journal, logs, lock).
  [[nodiscard]] std::string releases_as_text() const;

  inline static const std::string password_text = "a password for tests only";

 private:
  void start();
  void wait_until_it_serves();

  TemporaryDirectory directory_;
  std::string releases_;
  std::vector<std::string> command_;
  int starts_ = 0;
  int port_ = 0;
  std::unique_ptr<Program> supervisor_;
};
