// A small server that server-runner runs in the tests. It answers each connection with the number
// of its instance and a line feed.
//
//   serving_app [boots MS] [FAULT N]…
//                            takes so many milliseconds until it is ready; instance N (0 is the
//                            first) has this fault: `crashes` before it is ready, `hangs` and is
//                            never ready, `deaf` to TERM, `asks` to be started again before it is
//                            ready
//
// It says "ready N" on stdout and READY=1 on NOTIFY_SOCKET; on USR1 it asks for a restart
// (RESTART=1); on USR2 it stops giving signs of life, which it gives every 50 ms where
// WATCHDOG_USEC is set; on TERM it says "draining N", answers who is connected, and ends with N.
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr int listener = 3;
constexpr int sign_of_life_every_ms = 50;

void say(const std::string& text) {
  const std::string line = text + "\n";
  static_cast<void>(::write(STDOUT_FILENO, line.data(), line.size()));
}

void notify(std::string_view message) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || std::strlen(path) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  std::memcpy(address.sun_path, path, size);
  // An abstract address is written with an '@' and ends with its length.
  if (*path == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ::sendto(sender, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address),
           length);
  ::close(sender);
}

int watched_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGUSR1, SIGUSR2}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

int next_signal(int signals) {
  signalfd_siginfo got{};
  if (::read(signals, &got, sizeof got) != static_cast<ssize_t>(sizeof got)) return 0;
  return static_cast<int>(got.ssi_signo);
}

void answer_one(const std::string& instance) {
  const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  const std::string answer = instance + "\n";
  static_cast<void>(::write(connection, answer.data(), answer.size()));
  // Whatever the other side sent is read first: closing would reset the connection otherwise.
  ::shutdown(connection, SHUT_WR);
  std::array<char, 256> rest{};
  while (::read(connection, rest.data(), rest.size()) > 0) {
  }
  ::close(connection);
}

int serve(const std::string& instance, bool is_deaf) {
  const int signals = watched_signals();
  bool lives = std::getenv("WATCHDOG_USEC") != nullptr;
  say("ready " + instance);
  notify("READY=1");
  for (;;) {
    std::array<pollfd, 2> waiting{{{signals, POLLIN, 0}, {listener, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), lives ? sign_of_life_every_ms : -1);
    if (lives) notify("WATCHDOG=1");
    if (waiting[1].revents != 0) answer_one(instance);
    if (waiting[0].revents == 0) continue;
    const int signal = next_signal(signals);
    if (signal == SIGUSR1) notify("RESTART=1");
    if (signal == SIGUSR2) lives = false;
    if (signal == SIGTERM) say("draining " + instance);
    if (signal == SIGTERM && !is_deaf) return std::atoi(instance.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* count = std::getenv("OPS_RESTART_COUNT");
  const std::string instance = count != nullptr ? count : "0";
  std::string_view fault;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "boots") {
      ::poll(nullptr, 0, std::atoi(argv[i + 1]));
    } else if (instance == argv[i + 1]) {
      fault = argv[i];
    }
  }
  if (fault == "crashes") return 41;
  if (fault == "asks") return 99;
  if (fault == "hangs") {
    say("hanging " + instance);
    ::pause();
  }
  return serve(instance, fault == "deaf");
}
