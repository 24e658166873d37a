#include "base/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/unique_fd.hpp"

namespace ops::base {
namespace {

spdlog::level::level_enum spdlog_level(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return spdlog::level::debug;
    case Log::Level::info:
      return spdlog::level::info;
    case Log::Level::warning:
      return spdlog::level::warn;
    case Log::Level::error:
      return spdlog::level::err;
    case Log::Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// A pipe takes this much in one piece, and says so by poll(2) when it has the room.
constexpr std::size_t longest_line = PIPE_BUF;
constexpr std::size_t longest_value = 512;

void append_escaped(std::string& text, unsigned char control) {
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", control);
  text += escape.data();
}

// Invalid UTF-8 becomes U+FFFD, control bytes become \u escapes: what is printed cannot steer a
// terminal. JSON itself lets DEL and the controls U+0080 to U+009F (C2 80 to C2 9F) through.
std::string json_quoted(std::string_view text) {
  std::string shown(text.substr(0, longest_value));
  if (shown.size() < text.size()) shown += "…";
  const std::string json =
      nlohmann::json(shown).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string quoted;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const unsigned char next = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0;
    if (byte == 0x7f) {
      append_escaped(quoted, byte);
    } else if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      append_escaped(quoted, next);
      ++i;
    } else {
      quoted += json[i];
    }
  }
  return quoted;
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > longest_value) return false;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || static_cast<unsigned char>(c) >= 0x7f)
      return false;
  }
  return true;
}

std::string compose(Log::Format format, std::string_view event,
                    std::initializer_list<Log::Field> fields) {
  const std::string quoted = json_quoted(event);
  if (format == Log::Format::json) {
    std::string line = "\"event\":" + quoted;
    for (const Log::Field& field : fields) {
      line += ',';
      line += json_quoted(field.name);
      line += ':';
      line += json_quoted(field.value);
    }
    return line;
  }
  std::string line = quoted.substr(1, quoted.size() - 2);
  for (const Log::Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=' + (is_plain(field.value) ? field.value : json_quoted(field.value));
  }
  return line;
}

// The app writes to the same pipe and may fill it between a poll(2) and our write(2). An open
// description of our own can be non-blocking without making the app's so.
UniqueFd own_end_of_pipe(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return UniqueFd();
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

// write(2) that cannot raise SIGPIPE: the reader of the log may die at any moment.
ssize_t write_quietly(int fd, std::string_view bytes) {
  sigset_t pipe_signal, before;
  ::sigemptyset(&pipe_signal);
  ::sigaddset(&pipe_signal, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  if (written < 0 && errno == EPIPE && ::sigismember(&before, SIGPIPE) == 0) {
    const timespec at_once{};
    ::sigtimedwait(&pipe_signal, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return written;
}

}  // namespace

// A line goes out in one piece, and only when there is room for it, so a reader that has stopped
// reading cannot stop the program.
class Log::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink(int fd, Format format) : fd_(fd), pipe_(own_end_of_pipe(fd)), format_(format) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0 && put_note(message)) lost_ = 0;
    if (lost_ > 0 || !put(message)) ++lost_;
  }
  void flush_() override {}

 private:
  bool put_note(const spdlog::details::log_msg& message) {
    const std::string text =
        compose(format_, "log lines were lost", {{"count", std::to_string(lost_)}});
    spdlog::details::log_msg note = message;
    note.level = spdlog::level::warn;
    note.payload = spdlog::string_view_t(text.data(), text.size());
    return put(note);
  }

  bool put(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const ssize_t sent = ::send(fd_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK) return sent == static_cast<ssize_t>(line.size());
    pollfd room{pipe_ ? pipe_.get() : fd_, POLLOUT, 0};
    if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return false;
    return write_quietly(room.fd, std::string_view(line.data(), line.size())) ==
           static_cast<ssize_t>(line.size());
  }

  int fd_;
  UniqueFd pipe_;
  Format format_;
  unsigned long lost_ = 0;
};

struct Log::Logger {
  spdlog::logger log;
};

Log::Log(std::string program, Format format, Level least, int fd)
    : format_(format),
      least_(least),
      logger_(std::make_unique<Logger>(
          Logger{spdlog::logger(std::move(program), std::make_shared<Sink>(fd, format))})) {
  const std::string pattern =
      format == Format::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":"%n",%v})"
                             : "%n: %v";
  logger_->log.set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n"));
  logger_->log.set_level(spdlog_level(least));
}

Log::~Log() = default;

void Log::debug(std::string_view event, std::initializer_list<Field> fields) {
  write(Level::debug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<Field> fields) {
  write(Level::info, event, fields);
}
void Log::warning(std::string_view event, std::initializer_list<Field> fields) {
  write(Level::warning, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<Field> fields) {
  write(Level::error, event, fields);
}

void Log::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least_) return;
  std::string line = compose(format_, event, fields);
  // The time and the program's name need some room too.
  if (line.size() > longest_line - 256)
    line = compose(format_, event, {{"fields", "left out, the line was too long"}});
  logger_->log.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace ops::base
