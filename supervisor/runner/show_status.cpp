#include "supervisor/runner/show_status.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "supervisor/printable_text.hpp"

namespace ops::supervisor::runner {
namespace {

using base::os_error;
using base::UniqueFd;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view request = "{\"command\":\"status\"}\n";
constexpr std::size_t longest_answer = std::size_t{256} * 1024;

// What the app says must not steer a terminal, nor fill it.
std::string printable(std::string_view text) {
  constexpr std::size_t longest = 512;
  return printable_text(text, longest);
}

// The two largest units: more is noise.
std::string in_words(milliseconds time) {
  const long long ms = std::max<long long>(time.count(), 0);
  const long long seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60;
  const auto two = [](long long large, const char* unit, long long small, const char* part) {
    return std::to_string(large) + unit + std::to_string(small) + part;
  };
  if (seconds == 0) return std::to_string(ms) + " ms";
  if (minutes == 0) return std::to_string(seconds) + " s";
  if (hours == 0) return two(minutes, " min ", seconds % 60, " s");
  if (hours < 24) return two(hours, " h ", minutes % 60, " min");
  return two(hours / 24, " d ", hours % 24, " h");
}

std::string in_words(const Status::Exit& exit) {
  if (exit.signal == 0) return "code " + std::to_string(exit.code);
  const char* name = ::sigabbrev_np(exit.signal);
  const std::string number = "signal " + std::to_string(exit.signal);
  return name != nullptr ? number + " (" + name + ")" : number;
}

void append_row(std::string& text, std::string_view name, std::string_view value) {
  constexpr std::size_t column = 14;
  std::string row = "  ";
  row += name;
  row.resize(column, ' ');
  text.append(row).append(value).append("\n");
}

void append_listeners(std::string& text, const std::vector<HeldAddress>& listeners) {
  std::size_t widest = 0;
  for (const HeldAddress& held : listeners) {
    widest = std::max(widest, printable(held.name).size());
  }
  std::string_view row_name = "listeners";
  for (const HeldAddress& held : listeners) {
    std::string name = printable(held.name);
    name.resize(widest + 2, ' ');
    append_row(text, row_name, name + printable(held.address));
    row_name = {};
  }
}

int exit_code_of(Status::State state) {
  switch (state) {
    case Status::State::running:
    case Status::State::replacing:
    case Status::State::reloading:
      return ShownStatus::serves;
    case Status::State::starting:
    case Status::State::stopping:
    case Status::State::restarting:
    case Status::State::waiting:
    case Status::State::ended:
      return ShownStatus::serves_not;
  }
  return ShownStatus::unknown;
}

// What the person who asks can do about it.
std::string_view advice(int number) {
  switch (number) {
    case ENOENT:
    case ECONNREFUSED:
      return "; is server-runner running, with --control and this path?";
    case EACCES:
    case EPERM:
      return "; ask as the user that server-runner runs as";
    default:
      return "";
  }
}

timeval socket_time(milliseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
  timeval value{};
  value.tv_sec = static_cast<time_t>(whole.count());
  value.tv_usec = static_cast<suseconds_t>(std::chrono::microseconds(time - whole).count());
  return value;
}

/// One question and its answer, all of it until a deadline.
class Asking {
 public:
  Asking(std::string path, milliseconds patience)
      : action_("cannot get the status from " + path),
        path_(std::move(path)),
        patience_(patience),
        deadline_(Clock::now() + patience) {}

  /// The answer's line, with its end.
  [[nodiscard]] Result<std::string> answer() {
    if (auto connected = connect(); !connected) return std::move(connected).error();
    if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return failed();
    std::string line;
    while (line.size() < longest_answer) {
      const auto left =
          std::chrono::ceil<milliseconds>(std::max(deadline_ - Clock::now(), Clock::duration(0)));
      pollfd readable{socket_.get(), POLLIN, 0};
      const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
      if (ready == 0) return too_late();
      std::array<char, 4096> bytes;
      const ssize_t count =
          ready > 0 ? ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) : -1;
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count < 0) return failed();
      if (count == 0) return Error{action_ + ": it hung up without an answer; try again"};
      line.append(bytes.data(), static_cast<std::size_t>(count));
      if (const auto end = line.find('\n'); end != std::string::npos)
        return line.substr(0, end + 1);
    }
    return Error{action_ + ": what answers does not speak as server-runner"};
  }

 private:
  [[nodiscard]] Result<void> connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
      return Error{action_ + ": the path is longer than 107 bytes"};
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_) return failed();
    // A full queue of connections is waited for.
    const timeval patience = socket_time(patience_);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return errno == EAGAIN ? too_late() : failed();
    return {};
  }

  [[nodiscard]] Error failed() const {
    const int number = errno;
    Error error = os_error(action_, number);
    error.message += advice(number);
    return error;
  }
  [[nodiscard]] Error too_late() const {
    return Error{action_ + ": no answer for " + in_words(patience_) +
                 "; is server-runner stopped or overloaded?"};
  }

  std::string action_;
  std::string path_;
  milliseconds patience_;
  Clock::time_point deadline_;
  UniqueFd socket_;
};

}  // namespace

ShownStatus show_status(const std::string& path, base::Log::Format format, milliseconds patience) {
  auto line = Asking(path, patience).answer();
  if (!line) return {.error = std::move(line).error().message};
  const auto report = parse_status_answer(*line);
  if (!report) return {.error = report.error().message};
  return {.exit_code = exit_code_of(report->status.state),
          .text = format == base::Log::Format::json ? std::move(*line) : describe(*report)};
}

std::string describe(const StatusReport& report) {
  const Status& status = report.status;
  std::string text(to_string(status.state));
  if (status.pid != 0) {
    text += "  pid " + std::to_string(status.pid) + "  for " + in_words(status.uptime);
  }
  if (!status.release.empty()) text += "  release " + printable(status.release);
  text += '\n';
  if (status.generation != 0) append_row(text, "generation", std::to_string(status.generation));
  append_row(text, "restarts", std::to_string(status.restarts));
  if (status.last_exit) append_row(text, "last exit", in_words(*status.last_exit));
  if (status.next_start) append_row(text, "next start", "in " + in_words(*status.next_start));
  append_listeners(text, report.listeners);
  if (!status.text.empty()) append_row(text, "it says", printable(status.text));
  return text;
}

}  // namespace ops::supervisor::runner
