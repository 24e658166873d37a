#pragma once

#include <chrono>
#include <string>

#include "cli/connection.hpp"
#include "client/deploy_flow.hpp"

namespace ops::cli {

/// Tells the person who waits how a deploy or a rollback goes, and how it ended.
class DeployReport final : public client::DeployListener {
 public:
  DeployReport(Stage& stage, const Settings& settings);

  /// What is being done now; told when it fails.
  void begin(const std::string& phase) { phase_ = phase; }
  /// A finished step: "scanned", "150 files, 1.0 MB in 12 ms".
  void step(const std::string& done, const std::string& what);

  void packed(std::size_t files, std::uint64_t bytes, std::chrono::milliseconds time) override;
  void sent(std::uint64_t bytes, std::uint64_t of) override;
  void uploaded(std::uint64_t bytes, std::chrono::milliseconds time) override;
  void state(std::string_view state) override;
  void build_line(std::string_view line) override;
  void starting(std::string_view message) override;
  void waiting(std::string_view reason) override;

  /// The last word: a line or an object on stdout, or the failure; and what the program ends with.
  [[nodiscard]] ExitCode finish(const client::DeployOutcome& outcome);

 private:
  void tell_success(const client::DeployOutcome& outcome);
  [[nodiscard]] ExitCode tell_failure(const client::DeployOutcome& outcome);
  [[nodiscard]] std::string last_phase(const client::DeployOutcome& outcome) const;
  void write_json(const client::DeployOutcome& outcome);
  [[nodiscard]] std::chrono::milliseconds elapsed() const;

  Stage& stage_;
  const Settings& settings_;
  std::chrono::steady_clock::time_point start_;
  std::string phase_ = "packing";
  std::string told_;  // the phase that the last step told of
};

}  // namespace ops::cli
