#include "supervisor/runner/options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "loop/listen_address.hpp"
#include "supervisor/runner/option_values.hpp"

namespace ops::supervisor::runner {
namespace {

/// The command line while it is read: what one option means may depend on whether another was
/// given.
struct Reading {
  Options options;
  bool restart_codes_given = false;
  std::string image;
};

using Outcome = Result<void>;

Outcome restart_code(Reading& reading, std::string_view value) {
  auto& codes = reading.options.app.restart.codes;
  // What is given replaces the default.
  if (!std::exchange(reading.restart_codes_given, true)) codes.clear();
  if (value == "none") {
    codes.clear();
    return {};
  }
  const auto code = parse_exit_code(value);
  if (!code) return code.error();
  codes.push_back(*code);
  return {};
}

Outcome stop_timeout(Reading& reading, std::string_view value) {
  const auto time = parse_seconds(value);
  if (!time) return time.error();
  reading.options.app.stop_timeout = *time;
  return {};
}

Outcome listen(Reading& reading, std::string_view value) {
  auto spec = parse_listen(value);
  if (!spec) return std::move(spec).error();
  reading.options.app.listeners.push_back(std::move(*spec));
  return {};
}

Outcome releases(Reading& reading, std::string_view value) {
  if (value.empty()) return Error{"it is not the name of a directory"};
  reading.options.app.releases.emplace().directory = value;
  return {};
}

Outcome image(Reading& reading, std::string_view value) {
  if (value.empty()) return Error{"it is not the name of a directory"};
  reading.image = value;
  return {};
}

Outcome ready(Reading& reading, std::string_view value) {
  auto& readiness = reading.options.app.readiness;
  auto parsed = parse_ready(value, readiness);
  if (!parsed) return std::move(parsed).error();
  readiness = std::move(*parsed);
  return {};
}

Outcome ready_timeout(Reading& reading, std::string_view value) {
  const auto time = parse_seconds(value);
  if (!time) return time.error();
  if (time->count() == 0) return Error{"nothing is ready in no time"};
  reading.options.app.readiness.timeout = *time;
  return {};
}

Outcome restart(Reading& reading, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, RestartPolicy::When>, 3> choices{
      {{"never", RestartPolicy::When::never},
       {"on-failure", RestartPolicy::When::on_failure},
       {"always", RestartPolicy::When::always}}};
  for (const auto& [name, when] : choices) {
    if (name != value) continue;
    reading.options.app.restart.otherwise = when;
    return {};
  }
  return Error{"write never, on-failure or always"};
}

Outcome backoff(Reading& reading, std::string_view value) {
  const auto parsed = parse_backoff(value);
  if (!parsed) return parsed.error();
  reading.options.app.restart.backoff = *parsed;
  return {};
}

Outcome overlap(Reading& reading, std::string_view /*value*/) {
  reading.options.app.replacement = AppSpec::Replacement::overlap;
  return {};
}

Outcome watchdog(Reading& reading, std::string_view value) {
  const auto time = parse_seconds(value);
  if (!time) return time.error();
  if (time->count() == 0) return Error{"no app gives a sign of life all the time"};
  reading.options.app.watchdog = *time;
  return {};
}

Outcome control(Reading& reading, std::string_view value) {
  if (value.empty()) return Error{"it is not the name of a file"};
  reading.options.app.control_path = value;
  return {};
}

Outcome status(Reading& reading, std::string_view value) {
  if (value.empty()) return Error{"it is not the name of a file"};
  reading.options.task = Options::Task::show_status;
  reading.options.status_path = value;
  return {};
}

Outcome log_format(Reading& reading, std::string_view value) {
  if (value != "text" && value != "json") return Error{"write text or json"};
  reading.options.log_format = value == "json" ? base::Log::Format::json : base::Log::Format::text;
  return {};
}

Outcome quiet(Reading& reading, std::string_view /*value*/) {
  reading.options.log_level = base::Log::Level::warning;
  return {};
}

Outcome verbose(Reading& reading, std::string_view /*value*/) {
  reading.options.log_level = base::Log::Level::debug;
  return {};
}

Outcome show_version(Reading& reading, std::string_view /*value*/) {
  reading.options.task = Options::Task::show_version;
  return {};
}

Outcome show_help(Reading& reading, std::string_view /*value*/) {
  reading.options.task = Options::Task::show_help;
  return {};
}

struct Option {
  std::string_view name;
  std::string_view argument;  // empty where the option takes none
  std::string_view help;      // lines
  Outcome (*apply)(Reading&, std::string_view);
};

constexpr std::array<Option, 18> table{{
    {"--restart-code", "N",
     "an exit code of the app that means: start me again; may be\n"
     "given several times, \"none\" for no such code (default: 99)",
     restart_code},
    {"--restart", "WHEN",
     "after any other end start the app again: never (hand its\n"
     "exit status on), on-failure or always (default: never)",
     restart},
    {"--backoff", "FIRST:FACTOR:CAP",
     "seconds to wait before quick restarts; 0:1:0 never waits\n"
     "(default: 0.1:2:10)",
     backoff},
    {"--stop-timeout", "SECONDS",
     "after TERM or INT kill the app's whole process group;\n"
     "0 never does (default: 25)",
     stop_timeout},
    {"--listen", "[NAME=]ADDR",
     "hold a listening socket and give it to every instance of the\n"
     "app by LISTEN_FDS: 0.0.0.0:8080, [::]:8080, unix:/run/a.sock;\n"
     "may be given several times",
     listen},
    {"--releases", "DIR",
     "run the command in the release that DIR/current points to,\n"
     "each new release on trial",
     releases},
    {"--image", "DIR",
     "with --releases: the files that the container image ships\n"
     "(default: the working directory)",
     image},
    {"--ready", "SIGN",
     "what makes an instance ready: notify, http://HOST:PORT/PATH,\n"
     "tcp:HOST:PORT or settle:SECONDS; READY=1 on NOTIFY_SOCKET\n"
     "always does (default: settle:1)",
     ready},
    {"--ready-timeout", "SECONDS", "not ready by then is a failed start (default: 300)",
     ready_timeout},
    {"--overlap", "",
     "on RESTART=1 start the new instance beside the old one and\n"
     "stop the old one once the new one is ready; needs --listen",
     overlap},
    {"--watchdog", "SECONDS",
     "abort the app and start it again when it sends no WATCHDOG=1\n"
     "for so long (default: off)",
     watchdog},
    {"--control", "PATH", "a unix socket that tells the status and takes orders", control},
    {"--status", "PATH",
     "print the status of the server-runner with that --control and\n"
     "end: 0 it serves, 3 it does not, 4 nobody answers",
     status},
    {"--log-format", "FORMAT", "text or json, on stderr (default: text)", log_format},
    {"--quiet", "", "log warnings and errors only", quiet},
    {"--verbose", "", "log more", verbose},
    {"--version", "", "print the version", show_version},
    {"--help", "", "print this; so does -h", show_help},
}};

const Option* find_option(std::string_view name) {
  if (name == "-h") name = "--help";
  const auto* found = std::ranges::find(table, name, &Option::name);
  return found == table.end() ? nullptr : found;
}

Error wrong_value(std::string_view option, std::string_view value, const Error& why) {
  return Error{"cannot use \"" + std::string(value) + "\" for " + std::string(option) + ": " +
               why.message};
}

// Whatever else is on the command line does not matter then.
bool is_answered_at_once(Options::Task task) {
  return task == Options::Task::show_help || task == Options::Task::show_version;
}

/// Reads one option and its value from the head of `rest`.
Outcome read_option(Reading& reading, std::span<const std::string>& rest) {
  const std::string_view whole = rest.front();
  const auto equals = whole.starts_with("--") ? whole.find('=') : std::string_view::npos;
  const std::string_view name = whole.substr(0, equals);
  rest = rest.subspan(1);
  const Option* option = find_option(name);
  if (option == nullptr) return Error{"unknown option " + std::string(name)};
  std::string_view value;
  if (option->argument.empty()) {
    if (equals != std::string_view::npos) return Error{std::string(name) + " takes no value"};
  } else if (equals != std::string_view::npos) {
    value = whole.substr(equals + 1);
  } else if (!rest.empty()) {
    value = rest.front();
    rest = rest.subspan(1);
  } else {
    return Error{std::string(name) + " needs a value: " + std::string(option->argument)};
  }
  if (auto applied = option->apply(reading, value); !applied) {
    return wrong_value(name, value, applied.error());
  }
  return {};
}

/// Whether who asks `readiness` reaches a socket that is bound to `address`.
bool reaches(const Readiness& readiness, std::string_view address) {
  const std::string port = ":" + std::to_string(readiness.port);
  if (address.starts_with("unix:") || !address.ends_with(port)) return false;
  const std::string_view host = address.substr(0, address.size() - port.size());
  const bool is_ipv6 = readiness.host.find(':') != std::string::npos;
  if (is_ipv6) return host == "[::]" || host == "[" + readiness.host + "]";
  return host == "0.0.0.0" || host == readiness.host;
}

bool reaches_held_socket(const AppSpec& app) {
  const auto reaches_passed = [&app](const PassedSocket& socket) {
    const auto bound = loop::bound_address(socket.descriptor);
    return bound && reaches(app.readiness, *bound);
  };
  return std::ranges::any_of(app.listeners,
                             [&app](const ListenSpec& listener) {
                               return reaches(app.readiness, listener.address);
                             }) ||
         std::ranges::any_of(app.passed_sockets, reaches_passed);
}

/// What no option alone can tell.
Outcome check(Reading& reading) {
  Options& options = reading.options;
  if (options.task == Options::Task::show_status) return {};
  if (options.app.command.empty()) return Error{"there is no command to run"};
  if (options.app.command.front().empty()) return Error{"the command is empty"};
  const Readiness& readiness = options.app.readiness;
  if (readiness.sign == Readiness::Sign::settle && readiness.settle >= readiness.timeout) {
    return Error{"--ready settle takes as long as --ready-timeout allows: nothing would be ready"};
  }
  if (!reading.image.empty()) {
    if (!options.app.releases) return Error{"--image means nothing without --releases"};
    options.app.releases->image = std::move(reading.image);
  }
  return {};
}

void append_help(std::string& text, const Option& option) {
  constexpr std::size_t column = 32;
  std::string line = "  ";
  line += option.name;
  if (!option.argument.empty()) line.append(" ").append(option.argument);
  std::string_view help = option.help;
  while (!help.empty()) {
    const auto end = help.find('\n');
    line.resize(std::max(line.size() + 1, column), ' ');
    text += line;
    text += help.substr(0, end);
    text += '\n';
    line.clear();
    help.remove_prefix(end == std::string_view::npos ? help.size() : end + 1);
  }
}

}  // namespace

Result<Options> parse_options(std::span<const std::string> arguments) {
  Reading reading;
  auto rest = arguments;
  while (!rest.empty() && rest.front().starts_with('-') && rest.front() != "--") {
    if (auto read = read_option(reading, rest); !read) return std::move(read).error();
    if (is_answered_at_once(reading.options.task)) return std::move(reading.options);
  }
  if (!rest.empty() && rest.front() == "--") rest = rest.subspan(1);
  reading.options.app.command.assign(rest.begin(), rest.end());
  if (auto checked = check(reading); !checked) return std::move(checked).error();
  return std::move(reading.options);
}

Result<void> check_sockets(const AppSpec& app) {
  if (app.replacement == AppSpec::Replacement::overlap && app.listeners.empty() &&
      app.passed_sockets.empty()) {
    return Error{"--overlap needs --listen: two instances cannot listen on one address themselves"};
  }
  const bool overlaps = app.replacement == AppSpec::Replacement::overlap;
  if (app.readiness.sign == Readiness::Sign::tcp && reaches_held_socket(app)) {
    return Error{
        "--ready tcp would connect to the socket that is held here, whoever serves it: "
        "use --ready http://… or notify"};
  }
  if (app.readiness.sign == Readiness::Sign::http && overlaps && reaches_held_socket(app)) {
    return Error{
        "--ready http with --overlap would be answered by the instance that serves already: use "
        "--ready notify, or a port that the app opens itself"};
  }
  return {};
}

std::string help_text() {
  std::string text =
      "Usage: server-runner [options] [--] command [args...]\n"
      "\n"
      "Runs a server, passes signals on to it, starts it again when it asks for that\n"
      "by its exit code, and ends with its exit status.\n"
      "\n"
      "The command is looked for in PATH; with a '/' in it, it is relative to the\n"
      "directory it runs in, which with --releases is that of the release. No shell\n"
      "takes part.\n"
      "\n"
      "Options:\n";
  for (const Option& option : table) append_help(text, option);
  text +=
      "\n"
      "Exit status: the app's own; 128+N when signal N ended it; 127 command not found;\n"
      "126 it cannot be executed; 64 wrong usage; 69 an address cannot be listened on;\n"
      "73 the releases directory cannot be set up.\n"
      "\n"
      "Signals: TERM and INT stop the app; a second INT kills it. HUP, QUIT, USR1, USR2\n"
      "and WINCH are passed on.\n";
  return text;
}

}  // namespace ops::supervisor::runner
