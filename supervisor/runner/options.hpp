#pragma once

#include <span>
#include <string>

#include "base/log.hpp"
#include "ops/result.hpp"
#include "ops/supervisor/app_spec.hpp"

namespace ops::supervisor::runner {

/// What the command line asks for. The environment and the image's default directory are not on it:
/// they are for the caller to fill in.
struct Options {
  enum class Task { run, show_status, show_help, show_version };

  Task task = Task::run;
  AppSpec app = {};
  /// Of show_status: where that server-runner's control socket is.
  std::string status_path = {};
  base::Log::Format log_format = base::Log::Format::text;
  base::Log::Level log_level = base::Log::Level::info;
};

/// `arguments` without the program's own name. Options end at the command or at "--".
[[nodiscard]] Result<Options> parse_options(std::span<const std::string> arguments);

/// What can be told only once it is known which sockets were passed to us.
[[nodiscard]] Result<void> check_sockets(const AppSpec& app);

/// What --help prints.
[[nodiscard]] std::string help_text();

}  // namespace ops::supervisor::runner
