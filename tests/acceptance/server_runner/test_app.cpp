// The app that server-runner runs in the tests.
//
//   test_app signals CODE  says each signal that comes; exits with CODE at the end of its input
//   test_app accept N      says what sockets it has; serves one connection; exits 99, the Nth 0
//   test_app echo          copies its input to its output
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

// AddressSanitizer looks for leaks when a program ends, and stops it for that as a debugger does. A
// CONT that comes in this moment, as one follows each order to stop, undoes the stop before it was
// seen, and nothing goes on any more.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace {

constexpr int first_listener = 3;

void say(const std::string& line) {
  const std::string text = line + "\n";
  static_cast<void>(::write(STDOUT_FILENO, text.data(), text.size()));
}

// One write(2), and nothing that a handler may not call.
extern "C" void say_signal(int signal) {
  constexpr std::string_view got = "got ";
  const char* name = ::sigabbrev_np(signal);
  std::array<char, 16> line{};
  std::size_t size = 0;
  for (const char c : got) line[size++] = c;
  while (*name != '\0' && size + 1 < line.size()) line[size++] = *name++;
  line[size++] = '\n';
  static_cast<void>(::write(STDOUT_FILENO, line.data(), size));
}

int signals(int code) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) {
    struct sigaction action {};
    action.sa_handler = say_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
  }
  say("ready");
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) say("read");
  return code;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "-";
}

int accept_one(const std::string& last) {
  const bool mine = variable("LISTEN_PID") == std::to_string(::getpid());
  say("sockets " + variable("LISTEN_FDS") + " " + variable("LISTEN_FDNAMES") +
      (mine ? " mine" : " not mine"));
  const int connection = ::accept(first_listener, nullptr, nullptr);
  if (connection < 0) return 1;
  const std::string count = variable("OPS_RESTART_COUNT");
  static_cast<void>(::write(connection, count.data(), count.size()));
  ::close(connection);
  return count == last ? 0 : 99;
}

int echo() {
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = ::read(STDIN_FILENO, part.data(), part.size())) > 0;) {
    if (::write(STDOUT_FILENO, part.data(), static_cast<std::size_t>(size)) != size) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view task = argc > 1 ? argv[1] : "";
  if (task == "signals" && argc == 3) return signals(std::atoi(argv[2]));
  if (task == "accept" && argc == 3) return accept_one(argv[2]);
  if (task == "echo") return echo();
  return 2;
}
