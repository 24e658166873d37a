#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/fake_server.hpp"

namespace ops::tests {

/// An ops server as far as a client sees it. By itself it lacks every file, takes every deploy,
/// prints two lines and serves `new_release` from then on; a test replaces the routes it is about.
class FakeOps {
 public:
  static constexpr const char* password = "correct-horse-battery-staple";
  static constexpr const char* old_release = "8d02e5af6611";
  static constexpr const char* new_release = "3f9a1c20b7e4";
  static constexpr const char* deploy = "d-20260504-1";

  FakeOps();

  /// Replaces what happens for "POST /auth", "GET /ping", … Before the first request.
  void on(const std::string& line, FakeServer::Script script);

  /// Whether a request carries a key of this server; else it is answered with 401.
  bool admits(FakeExchange& exchange) const;

  void serve(const std::string& release);
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] FakeServer& server() { return server_; }
  /// How often a request of that line came.
  [[nodiscard]] std::size_t count(const std::string& line) const;
  /// The last request of that line.
  [[nodiscard]] FakeRequest last(const std::string& line) const;

 private:
  void script(FakeExchange& exchange);
  void add_deploy_routes();

  std::map<std::string, FakeServer::Script> routes_;
  mutable std::mutex mutex_;
  std::string serving_ = old_release;
  FakeServer server_;
};

/// {"ok":false,"error":{"code","message"}}
[[nodiscard]] std::string error_body(const std::string& code, const std::string& message);
/// The answer to an offer of files: these are missing.
[[nodiscard]] std::string missing_body(const std::vector<std::string>& paths);
/// One event of a stream; `data` is JSON.
[[nodiscard]] std::string event(int id, const std::string& name, const std::string& data);
/// The answer to GET /admin/deploys/<id> of a deploy that has not failed; `timings` is JSON.
[[nodiscard]] std::string status_body(const std::string& state, const std::string& release,
                                      const std::string& timings = "{}");
/// The same of one that has.
[[nodiscard]] std::string failed_body(const std::string& state, const std::string& release,
                                      const std::string& code, const std::string& message);

}  // namespace ops::tests
