#include "supervisor/runner/options.hpp"

#include <vector>

#include "catch.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor::runner;
using ops::supervisor::Readiness;
using ops::supervisor::RestartPolicy;
using Arguments = std::vector<std::string>;

Options options_of(const Arguments& arguments) {
  auto options = parse_options(arguments);
  if (!options.ok()) FAIL(options.error().message);
  return std::move(*options);
}

std::string refusal(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  REQUIRE_FALSE(options.ok());
  CHECK(options.error().message.find('\n') == std::string::npos);
  return options.error().message;
}

}  // namespace

TEST_CASE("without options everything is as it says in the help") {
  const Options options = options_of({"app", "--flag", "-h"});
  CHECK(options.app.command == Arguments{"app", "--flag", "-h"});
  CHECK(options.app.restart.codes == std::vector{99});
  CHECK(options.app.restart.otherwise == RestartPolicy::When::never);
  CHECK(options.app.stop_timeout == 25s);
  CHECK(options.app.readiness.sign == Readiness::Sign::settle);
  CHECK(options.app.readiness.settle == 1s);
  CHECK(options.app.readiness.timeout == 300s);
  CHECK_FALSE(options.app.releases.has_value());
  CHECK(options.log_format == ops::base::Log::Format::text);
}

TEST_CASE("options are read with their values beside them or after a '='") {
  const Options options =
      options_of({"--stop-timeout", "3", "--restart=on-failure", "--backoff=0:1:0", "--listen",
                  "web=127.0.0.1:0", "--listen=unix:/run/a.sock", "--releases", "/srv/releases",
                  "--image=/srv/app", "--ready=tcp:127.0.0.1:80", "--ready-timeout", "9",
                  "--log-format", "json", "--quiet", "--", "--odd-command"});
  CHECK(options.app.command == Arguments{"--odd-command"});
  CHECK(options.app.stop_timeout == 3s);
  CHECK(options.app.restart.otherwise == RestartPolicy::When::on_failure);
  CHECK(options.app.restart.backoff.cap == 0s);
  REQUIRE(options.app.listeners.size() == 2);
  CHECK(options.app.listeners[0].name == "web");
  CHECK(options.app.listeners[1].address == "unix:/run/a.sock");
  REQUIRE(options.app.releases.has_value());
  CHECK(options.app.releases->directory == "/srv/releases");
  CHECK(options.app.releases->image == "/srv/app");
  CHECK(options.app.readiness.sign == Readiness::Sign::tcp);
  CHECK(options.app.readiness.timeout == 9s);
  CHECK(options.log_format == ops::base::Log::Format::json);
  CHECK(options.log_level == ops::base::Log::Level::warning);
}

TEST_CASE("restart codes that are given replace the default") {
  CHECK(options_of({"--restart-code", "3", "--restart-code=4", "a"}).app.restart.codes ==
        std::vector{3, 4});
  CHECK(options_of({"--restart-code", "none", "a"}).app.restart.codes.empty());
}

TEST_CASE("what is wrong with a command line is said in one line") {
  CHECK(refusal({}) == "there is no command to run");
  CHECK(refusal({"--"}) == "there is no command to run");
  CHECK(refusal({""}) == "the command is empty");
  CHECK(refusal({"--no-such", "a"}) == "unknown option --no-such");
  CHECK(refusal({"-x", "a"}) == "unknown option -x");
  CHECK(refusal({"--stop-timeout"}) == "--stop-timeout needs a value: SECONDS");
  CHECK(refusal({"--quiet=yes", "a"}) == "--quiet takes no value");
  CHECK(refusal({"--stop-timeout", "soon", "a"}) ==
        "cannot use \"soon\" for --stop-timeout: it is not a number of seconds such as 25 or 0.5");
  CHECK(refusal({"--listen", "80", "a"}).starts_with("cannot use \"80\" for --listen: "));
  CHECK(refusal({"--image", "/srv", "a"}) == "--image means nothing without --releases");
  for (const Arguments& wrong : {Arguments{"--restart-code", "256", "a"},
                                 {"--restart", "often", "a"},
                                 {"--backoff", "1", "a"},
                                 {"--ready", "soon", "a"},
                                 {"--ready-timeout", "0", "a"},
                                 {"--releases", "", "a"},
                                 {"--image=", "a"},
                                 {"--log-format", "xml", "a"},
                                 {"--ready", "settle:300", "a"},
                                 {"--ready-timeout", "1", "a"}}) {
    INFO(wrong.front());
    CHECK_FALSE(refusal(wrong).empty());
  }
}

TEST_CASE("help and version need no command, and what comes after them does not matter") {
  CHECK(options_of({"--help"}).task == Options::Task::show_help);
  CHECK(options_of({"-h", "--no-such"}).task == Options::Task::show_help);
  CHECK(options_of({"--quiet", "--version"}).task == Options::Task::show_version);
}

TEST_CASE("the help fits a terminal and names every option that is there") {
  const std::string help = help_text();
  for (const char* option :
       {"--restart-code N", "--restart WHEN", "--backoff FIRST:FACTOR:CAP",
        "--stop-timeout SECONDS", "--listen [NAME=]ADDR", "--releases DIR", "--image DIR",
        "--ready SIGN", "--ready-timeout SECONDS", "--log-format FORMAT", "--quiet", "--verbose",
        "--version", "--help"}) {
    INFO(option);
    CHECK(help.find(option) != std::string::npos);
  }
  for (std::size_t at = 0, end = 0; (end = help.find('\n', at)) != std::string::npos;
       at = end + 1) {
    CHECK(end - at <= 96);
  }
}

TEST_CASE("two instances side by side take a socket that is held for them, whoever opened it") {
  Options options = options_of({"--overlap", "app"});
  const auto refused = check_sockets(options.app);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.starts_with("--overlap needs --listen"));
  options.app.passed_sockets = {{.descriptor = 3}};
  CHECK(check_sockets(options.app).ok());
  CHECK(check_sockets(options_of({"--overlap", "--listen", "127.0.0.1:0", "app"}).app).ok());
}
