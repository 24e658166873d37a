#include "supervisor/notify_socket.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "loop/timer.hpp"
#include "open_descriptors.hpp"
#include "supervisor/stale_notify_sockets.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::base::UniqueFd;
using ops::loop::Loop;
using ops::supervisor::Notification;
using ops::supervisor::NotifySocket;
using From = std::pair<pid_t, Notification>;

const Notification ready{.ready = true};
constexpr std::size_t longest_datagram = 4096;
constexpr uid_t nobody = 65534;

/// As an app does it, with descriptors sent along where there are any. Returns whether it was sent.
bool send_to(const std::string& address, std::string text, const std::vector<int>& enclosed = {}) {
  const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address.size() >= sizeof target.sun_path) return false;
  std::memcpy(target.sun_path, address.data(), address.size());
  if (target.sun_path[0] == '@') target.sun_path[0] = '\0';
  iovec part{text.data(), text.size()};
  const std::size_t bytes = enclosed.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(bytes));
  msghdr message{};
  message.msg_name = &target;
  message.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!enclosed.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), enclosed.data(), bytes);
  }
  return ::sendmsg(sender.get(), &message, 0) == static_cast<ssize_t>(text.size());
}

/// What a process that was killed leaves at `path`.
void bind_and_forget(const std::string& path) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  std::memcpy(target.sun_path, path.data(), path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&target), sizeof target) == 0);
}

/// Another process, leader of a group of its own, that has said something and is still there.
class Instance {
 public:
  Instance(const NotifySocket& socket, const std::string& text, uid_t user = ::getuid()) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd sent(pipe[0]);
    UniqueFd sends(pipe[1]);
    const std::string& address = socket.address();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::setpgid(0, 0);
      if (user != ::getuid() && ::setuid(user) != 0) ::_exit(1);
      if (!send_to(address, text)) ::_exit(1);
      sends.reset();
      for (;;) ::pause();
    }
    sends.reset();
    char byte = 0;
    REQUIRE(::read(sent.get(), &byte, 1) == 0);
  }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance() { end(); }

  [[nodiscard]] pid_t group() const { return pid_; }

  void end() {
    if (ended_) return;
    ended_ = true;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
  bool ended_ = false;
};

/// What `act` returns, called in a process of its own; 128 where that was ended by a signal.
template <typename Act>
int status_of(Act act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

struct Heard {
  Loop loop;
  // The socket alone does not keep a loop going.
  ops::loop::Timer something_else{loop, [] {}};
  std::vector<From> told;
  std::unique_ptr<NotifySocket> socket;

  Heard() {
    something_else.start(std::chrono::hours(1));
    auto opened = NotifySocket::open(
        loop, [this](pid_t group, const Notification& said) { told.emplace_back(group, said); });
    REQUIRE(opened.ok());
    socket = std::move(*opened);
  }

  /// What has come by now.
  std::vector<From> now() {
    socket->read_pending();
    return std::exchange(told, {});
  }
};

/// One that listens to the group of the test itself.
struct HeardFromHere : Heard {
  HeardFromHere() { socket->listen_to(::getpgrp()); }
  void say(const std::string& text, const std::vector<int>& enclosed = {}) const {
    REQUIRE(send_to(socket->address(), text, enclosed));
  }
  std::vector<Notification> said() {
    std::vector<Notification> notifications;
    for (const From& each : now()) notifications.push_back(each.second);
    return notifications;
  }
};

}  // namespace

TEST_CASE("what the app says is heard from the loop") {
  HeardFromHere heard;
  heard.say("READY=1");
  heard.loop.run_pending();
  CHECK(heard.told == std::vector{From{::getpgrp(), ready}});
}

TEST_CASE("what the app said can be read at once, in its order") {
  HeardFromHere heard;
  heard.say("READY=1\nSTATUS=up");
  heard.say("STOPPING=1");
  CHECK(heard.said() ==
        std::vector{Notification{.ready = true, .status = "up"}, Notification{.stopping = true}});
}

TEST_CASE("of two instances it is told which one has spoken") {
  Heard heard;
  const Instance old(*heard.socket, "STOPPING=1");
  const Instance next(*heard.socket, "READY=1");
  heard.socket->listen_to(old.group());
  heard.socket->listen_to(next.group());
  CHECK(heard.now() ==
        std::vector{From{old.group(), {.stopping = true}}, From{next.group(), {.ready = true}}});
}

TEST_CASE("an instance that is not listened to any more is passed over, and the other is heard") {
  Heard heard;
  const Instance old(*heard.socket, "READY=1");
  const Instance next(*heard.socket, "READY=1");
  heard.socket->listen_to(old.group());
  heard.socket->listen_to(next.group());
  heard.socket->stop_listening_to(old.group());
  CHECK(heard.now() == std::vector{From{next.group(), ready}});
}

TEST_CASE("a group that is listened to twice is one group") {
  HeardFromHere heard;
  heard.socket->listen_to(::getpgrp());
  Instance tool(*heard.socket, "READY=1");
  tool.end();
  CHECK(heard.now() == std::vector{From{::getpgrp(), ready}});
  heard.socket->stop_listening_to(::getpgrp());
  heard.say("READY=1");
  CHECK(heard.now().empty());
}

TEST_CASE("strangers are passed over") {
  Heard heard;
  const Instance stranger(*heard.socket, "READY=1");
  SECTION("while nobody is listened to") {}
  SECTION("while somebody else is") { heard.socket->listen_to(::getpgrp()); }
  CHECK(heard.now().empty());
  // What was passed over does not come back.
  heard.socket->listen_to(stranger.group());
  CHECK(heard.now().empty());
}

TEST_CASE("what an app says before its group is known is not lost") {
  Heard heard;
  const Instance app(*heard.socket, "READY=1");
  heard.socket->listen_to(app.group());
  CHECK(heard.now() == std::vector{From{app.group(), ready}});
}

TEST_CASE("a sender that has ended is taken for the only app that is listened to") {
  HeardFromHere heard;
  Instance tool(*heard.socket, "READY=1");
  tool.end();
  CHECK(heard.now() == std::vector{From{::getpgrp(), ready}});
}

TEST_CASE("a sender that has ended is not guessed about where two apps are listened to, or none") {
  Heard heard;
  Instance tool(*heard.socket, "READY=1");
  tool.end();
  SECTION("two") {
    heard.socket->listen_to(::getpgrp());
    heard.socket->listen_to(::getpid() + 1'000'000);
  }
  SECTION("none") {}
  CHECK(heard.now().empty());
}

TEST_CASE("a leader that has ended is known by his number, whoever else is listened to") {
  Heard heard;
  Instance app(*heard.socket, "READY=1");
  heard.socket->listen_to(::getpgrp());
  heard.socket->listen_to(app.group());
  app.end();
  CHECK(heard.now() == std::vector{From{app.group(), ready}});
}

TEST_CASE("a sender of another user is heard while he lives, and not guessed about later") {
  if (::getuid() != 0) {
    WARN("only root can send as another user");
    return;
  }
  Heard heard;
  Instance app(*heard.socket, "READY=1", nobody);
  heard.socket->listen_to(app.group());
  CHECK(heard.now() == std::vector{From{app.group(), ready}});
  Instance tool(*heard.socket, "READY=1", nobody);
  tool.end();
  CHECK(heard.now().empty());
}

TEST_CASE("who is outside of our namespace of processes is a stranger") {
  constexpr int not_allowed = 77;
  const auto listens_inside = [](int address_to, int sent_from) {
    ::setpgid(0, 0);
    Heard heard;
    heard.socket->listen_to(::getpgrp());
    const std::string address = heard.socket->address();
    if (::write(address_to, address.data(), address.size()) < 0) return 2;
    char byte = 0;
    if (::read(sent_from, &byte, 1) != 1) return 3;
    if (!heard.now().empty()) return 4;
    return send_to(address, "READY=1") && heard.now().size() == 1 ? 0 : 5;
  };
  const int status = status_of([&] {
    if (::unshare(CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
      return not_allowed;
    }
    std::array<int, 2> address{};
    std::array<int, 2> sent{};
    if (::pipe2(address.data(), O_CLOEXEC) != 0 || ::pipe2(sent.data(), O_CLOEXEC) != 0) return 6;
    const pid_t inside = ::fork();
    if (inside == 0) ::_exit(listens_inside(address[1], sent[0]));
    std::array<char, 108> path{};
    const ssize_t length = ::read(address[0], path.data(), path.size());
    if (length <= 0) return 7;
    if (!send_to(std::string(path.data(), static_cast<std::size_t>(length)), "READY=1")) return 8;
    if (::write(sent[1], "x", 1) != 1) return 9;
    int ended = 0;
    ::waitpid(inside, &ended, 0);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 10;
  });
  if (status == not_allowed) {
    WARN("no namespace of processes may be made here");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("garbage is told to nobody, and what follows is heard") {
  HeardFromHere heard;
  heard.say("");
  heard.say(std::string(longest_datagram, '\0'));
  heard.say(std::string(longest_datagram, '\xff'));
  heard.say("\n\n\n=\n==\nREADY");
  heard.say("READY=1");
  CHECK(heard.said() == std::vector{ready});
}

TEST_CASE("a datagram that is one byte too long is passed over, and the next one is heard") {
  HeardFromHere heard;
  const std::string start = "READY=1\n";
  heard.say(start + std::string(longest_datagram - start.size(), 'x'));
  CHECK(heard.said() == std::vector{ready});
  heard.say(start + std::string(longest_datagram - start.size() + 1, 'x'));
  heard.say("RESTART=1");
  CHECK(heard.said() == std::vector{Notification{.restart = true}});
}

TEST_CASE("descriptors that are sent along are closed: a barrier is passed") {
  HeardFromHere heard;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  heard.say("READY=1");
  heard.say("BARRIER=1", {write_end.get()});
  write_end.reset();
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == -1);
  CHECK(heard.said() == std::vector{ready});
  CHECK(::read(read_end.get(), &byte, 1) == 0);
}

TEST_CASE("no descriptor stays open, however many are sent along and by whom") {
  HeardFromHere heard;
  const UniqueFd something(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> many(253, something.get());
  const auto before = open_descriptors();
  heard.say("FDSTORE=1\nREADY=1", many);
  CHECK(heard.said() == std::vector{ready});
  heard.say(std::string(longest_datagram + 1, 'x'), many);
  heard.socket->stop_listening_to(::getpgrp());
  heard.say("FDSTORE=1", many);
  CHECK(heard.said().empty());
  CHECK(open_descriptors() == before);
}

TEST_CASE("who sends without pause does not keep us from everything else") {
  HeardFromHere heard;
  int answers = 0;
  auto opened = NotifySocket::open(heard.loop, [&](pid_t, const Notification&) {
    ++answers;
    heard.say("WATCHDOG=1");
  });
  REQUIRE(opened.ok());
  std::swap(heard.socket, *opened);
  heard.socket->listen_to(::getpgrp());
  heard.say("WATCHDOG=1");
  heard.socket->read_pending();
  const int first = answers;
  CHECK(first >= 512);
  CHECK(first <= 10'000);
  heard.loop.run_pending();
  CHECK(answers > first);
}

TEST_CASE("a socket may be destroyed by whom it tells") {
  HeardFromHere heard;
  int told = 0;
  std::unique_ptr<NotifySocket> socket;
  auto opened = NotifySocket::open(heard.loop, [&](pid_t, const Notification&) {
    ++told;
    socket.reset();
  });
  REQUIRE(opened.ok());
  socket = std::move(*opened);
  socket->listen_to(::getpgrp());
  REQUIRE(send_to(socket->address(), "READY=1"));
  REQUIRE(send_to(socket->address(), "READY=1"));
  SECTION("while the loop reads") { heard.loop.run_pending(); }
  SECTION("while it is read at once") { socket->read_pending(); }
  CHECK(told == 1);
  CHECK(socket == nullptr);
}

TEST_CASE("the socket lies in a directory of its own and goes with it") {
  std::filesystem::path path;
  {
    const Heard heard;
    path = heard.socket->address();
    CHECK(std::filesystem::is_socket(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path.parent_path()));
}

TEST_CASE("without a directory the socket has an abstract address, each its own") {
  Loop loop;
  std::vector<From> told;
  const auto hear = [&told](pid_t group, const Notification& said) {
    told.emplace_back(group, said);
  };
  const std::vector<std::string> nowhere{"/nowhere", "/proc"};
  const auto socket = NotifySocket::open_in(loop, hear, nowhere);
  const auto another = NotifySocket::open_in(loop, hear, {});
  REQUIRE(socket.ok());
  REQUIRE(another.ok());
  CHECK((*socket)->address().starts_with("@server-runner/"));
  CHECK((*socket)->address() != (*another)->address());
  (*socket)->listen_to(::getpgrp());
  REQUIRE(send_to((*socket)->address(), "READY=1"));
  (*another)->read_pending();
  CHECK(told.empty());
  (*socket)->read_pending();
  CHECK(told == std::vector{From{::getpgrp(), ready}});
}

TEST_CASE("what a supervisor that was killed has left behind goes, and what is used stays") {
  const TemporaryDirectory directory;
  const std::string left = directory.file("server-runner-aaaaaa");
  const std::string foreign = directory.file("server-runner-bbbbbb");
  const std::string held = directory.file("server-runner-dddddd");
  for (const std::string& path : {left, foreign, held}) {
    std::filesystem::create_directory(path);
    bind_and_forget(path + "/notify");
  }
  directory.write("server-runner-bbbbbb/something", "else");
  std::filesystem::create_directory(directory.file("server-runner-cccccc"));
  // By somebody on another machine, say.
  const UniqueFd in_use = ops::supervisor::hold_notify_directory(held);
  REQUIRE(in_use);
  Loop loop;
  const std::vector<std::string> places{directory.path()};
  const auto first = NotifySocket::open_in(
      loop, [](pid_t, const Notification&) {}, places);
  REQUIRE(first.ok());
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(std::filesystem::exists(foreign + "/something"));
  CHECK(std::filesystem::exists(held + "/notify"));
  CHECK(std::filesystem::exists(directory.file("server-runner-cccccc")));
  const auto second = NotifySocket::open_in(
      loop, [](pid_t, const Notification&) {}, places);
  REQUIRE(second.ok());
  CHECK(std::filesystem::exists((*first)->address()));
}

TEST_CASE("TMPDIR is where the socket lies, and one that is too long is passed over") {
  const TemporaryDirectory directory;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("TMPDIR", directory.path().c_str(), 1);
  { CHECK(Heard().socket->address().starts_with(directory.path().string())); }
  const std::string deep = directory.file(std::string(120, 'd'));
  std::filesystem::create_directory(deep);
  for (const std::string& unusable : {deep, std::string("relative")}) {
    ::setenv("TMPDIR", unusable.c_str(), 1);
    CHECK(Heard().socket->address().starts_with("/tmp/"));
  }
  CHECK(std::filesystem::is_empty(deep));
  before != nullptr ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}
