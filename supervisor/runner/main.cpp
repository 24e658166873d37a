#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ops/supervisor/supervisor.hpp"
#include "ops/version.hpp"
#include "supervisor/inherited_sockets.hpp"
#include "supervisor/runner/event_log.hpp"
#include "supervisor/runner/options.hpp"
#include "supervisor/runner/own_process.hpp"
#include "supervisor/runner/show_status.hpp"

namespace {

using ops::supervisor::runner::Options;

constexpr int wrong_usage = 64;

int print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? EXIT_FAILURE
                                                                          : EXIT_SUCCESS;
}

int refuse(const ops::Error& error) {
  static_cast<void>(
      std::fprintf(stderr, "server-runner: %s; see server-runner --help\n", error.message.c_str()));
  return wrong_usage;
}

int show(const ops::supervisor::runner::ShownStatus& shown) {
  if (!shown.error.empty()) {
    static_cast<void>(std::fprintf(stderr, "server-runner: %s\n", shown.error.c_str()));
  }
  return print(shown.text) == EXIT_SUCCESS ? shown.exit_code : EXIT_FAILURE;
}

std::vector<std::string> whole_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    entries.emplace_back(*entry);
  }
  return entries;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void fill_in_image(ops::supervisor::ReleasesSpec& releases) {
  std::error_code ignored;
  if (releases.image.empty()) releases.image = std::filesystem::current_path(ignored).string();
  releases.image_name = variable("OPS_IMAGE_ID");
}

int run(Options options) {
  options.app.environment = whole_environment();
  auto passed = ops::supervisor::take_inherited(options.app.environment, ::getpid());
  if (!passed) return refuse(passed.error());
  options.app.passed_sockets = std::move(*passed);
  if (auto checked = ops::supervisor::runner::check_sockets(options.app); !checked)
    return refuse(checked.error());
  options.app.outer = {.notify_socket = variable("NOTIFY_SOCKET"),
                       .watchdog_usec = variable("WATCHDOG_USEC"),
                       .watchdog_pid = variable("WATCHDOG_PID")};
  options.app.process = ops::supervisor::AppSpec::Process::dedicated;
  if (options.app.releases) fill_in_image(*options.app.releases);
  ops::base::Log log("server-runner", options.log_format, options.log_level);
  bool is_starting = true;
  ops::supervisor::Supervisor supervisor(
      std::move(options.app), [&](const ops::supervisor::Event& event) {
        using namespace ops::supervisor;
        if (std::holds_alternative<Ended>(event)) runner::hold_all_signals();
        runner::log_event(log, event);
        if (std::holds_alternative<Ready>(event) && std::exchange(is_starting, false)) {
          runner::give_back_memory_of_start();
        }
      });
  return supervisor.run();
}

}  // namespace

int main(int argc, char** argv) {
  ops::supervisor::runner::put_own_process_in_order();
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  auto options = ops::supervisor::runner::parse_options(arguments);
  if (!options || options->task != Options::Task::run) ops::supervisor::runner::let_signals_act();
  if (!options) return refuse(options.error());
  switch (options->task) {
    case Options::Task::show_help:
      return print(ops::supervisor::runner::help_text());
    case Options::Task::show_version:
      return print("server-runner " + std::string(ops::version) + "\n");
    case Options::Task::show_status:
      return show(ops::supervisor::runner::show_status(options->status_path, options->log_format));
    case Options::Task::run:
      return run(std::move(*options));
  }
  return wrong_usage;
}
