// The app that server-runner runs in the tests.
//
//   test_app signals CODE  says each signal that comes; exits with CODE at the end of its input
//   test_app accept N      says what sockets it has; serves one connection; exits 99, the Nth 0
//   test_app echo          copies its input to its output
//   test_app abort         dies of SIGABRT, and leaves a core where it may
//   test_app restart A B   exits with 99 at once; instances A and B say "at" and their number, and
//                          each signal, and wait for a byte; B exits with 0 at the end of its
//                          input; every 500th says "passed" and its number
//   test_app orphans N     leaves N processes to whoever adopts them, says "adopted" and how many
//                          its own parent did; where it was some, ends them all, and says "left"
//                          and how many stay zombies
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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

void say_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) {
    struct sigaction action {};
    action.sa_handler = say_signal;
    ::sigaction(signal, &action, nullptr);
  }
}

// 0 at the end of the input. Waits in poll(2): of all calls ThreadSanitizer lets a handler run in
// those alone that only wait.
ssize_t read_byte() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (::poll(&input, 1, -1) < 0 && errno == EINTR) {
  }
  char byte = 0;
  return ::read(STDIN_FILENO, &byte, 1);
}

int signals(int code) {
  say_signals();
  say("ready");
  while (read_byte() > 0) say("read");
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

int restart(const std::string& first, const std::string& last) {
  const std::string count = variable("OPS_RESTART_COUNT");
  constexpr int sign_of_life_every = 500;
  if (std::atoi(count.c_str()) % sign_of_life_every == 0) say("passed " + count);
  if (count != first && count != last) return 99;
  say_signals();
  say("at " + count);
  return read_byte() > 0 ? 99 : 0;
}

// A process whose parent has ended by the time this returns, and that ends with the pipe. Every
// other one is in the app's group.
pid_t leave_orphan(const std::array<int, 2>& pipe, bool leaves_group) {
  std::array<int, 2> tells{};
  if (::pipe(tells.data()) != 0) return -1;
  const pid_t between = ::fork();
  if (between == 0) {
    if (leaves_group) ::setsid();
    const pid_t orphan = ::fork();
    if (orphan == 0) {
      ::close(pipe[1]);
      char byte = 0;
      static_cast<void>(::read(pipe[0], &byte, 1));
      ::_exit(0);
    }
    static_cast<void>(::write(tells[1], &orphan, sizeof orphan));
    ::_exit(0);
  }
  ::waitpid(between, nullptr, 0);
  pid_t orphan = -1;
  static_cast<void>(::read(tells[0], &orphan, sizeof orphan));
  for (const int end : tells) ::close(end);
  return orphan;
}

pid_t parent_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  pid_t parent = -1;
  status >> number >> name >> state >> parent;
  return parent;
}

int orphans(int count) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return 1;
  std::vector<pid_t> left(static_cast<std::size_t>(count));
  for (int i = 0; pid_t & orphan : left) orphan = leave_orphan(pipe, i++ % 2 == 0);
  const auto is_adopted = [](pid_t orphan) { return parent_of(orphan) == ::getppid(); };
  const auto adopted = std::ranges::count_if(left, is_adopted);
  say("adopted " + std::to_string(adopted));
  if (adopted == 0) return 0;
  ::close(pipe[1]);
  // Nobody is told when somebody else's child has been reaped: it is looked at again and again.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
    std::erase_if(left, [](pid_t orphan) { return ::kill(orphan, 0) != 0; });
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  say("left " + std::to_string(left.size()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view task = argc > 1 ? argv[1] : "";
  if (task == "signals" && argc == 3) return signals(std::atoi(argv[2]));
  if (task == "accept" && argc == 3) return accept_one(argv[2]);
  if (task == "echo") return echo();
  if (task == "abort") std::abort();
  if (task == "restart" && argc == 4) return restart(argv[2], argv[3]);
  if (task == "orphans" && argc == 3) return orphans(std::atoi(argv[2]));
  return 2;
}
