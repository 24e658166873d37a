#include "supervisor/notify_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "catch.hpp"
#include "loop/timer.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::base::UniqueFd;
using ops::loop::Loop;
using ops::supervisor::Notification;
using ops::supervisor::NotifySocket;
using ops::supervisor::parse_notification;

constexpr Notification ready{.ready = true};

sockaddr_un address_of(const NotifySocket& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(socket.address().size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket.address().data(), socket.address().size());
  return address;
}

// As an app does it, with a descriptor sent along where `enclosed` is one.
void send_to(const NotifySocket& socket, std::string text, int enclosed = -1) {
  const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = address_of(socket);
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (enclosed >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &enclosed, sizeof enclosed);
  }
  REQUIRE(::sendmsg(sender.get(), &message, 0) == static_cast<ssize_t>(text.size()));
}

struct Heard {
  Loop loop;
  std::vector<Notification> notifications;
  std::unique_ptr<NotifySocket> socket;

  Heard() {
    auto opened =
        NotifySocket::open(loop, [this](Notification told) { notifications.push_back(told); });
    REQUIRE(opened.ok());
    socket = std::move(*opened);
    socket->listen_to(::getpgrp());
  }
};

}  // namespace

TEST_CASE("a notification is lines of which only some matter") {
  CHECK(parse_notification("READY=1") == ready);
  CHECK(parse_notification("STATUS=up\nREADY=1\n") == ready);
  CHECK(parse_notification("RESTART=1\nREADY=1") == Notification{.ready = true, .restart = true});
  for (const char* nothing : {"", "\n\n", "READY=0", "READY=11", "XREADY=1", "READY", "ready=1"}) {
    CHECK(parse_notification(nothing) == Notification{});
  }
}

TEST_CASE("what the app says is heard from the loop") {
  Heard heard;
  // The socket alone does not keep a loop going.
  ops::loop::Timer something_else(heard.loop, [] {});
  something_else.start(std::chrono::hours(1));
  send_to(*heard.socket, "READY=1");
  heard.loop.run_pending();
  CHECK(heard.notifications == std::vector{ready});
}

TEST_CASE("what the app said can be read at once") {
  Heard heard;
  send_to(*heard.socket, "READY=1");
  heard.socket->read_pending();
  CHECK(heard.notifications == std::vector{ready});
}

TEST_CASE("only the app's own group is heard, and nothing that was said before") {
  Heard heard;
  send_to(*heard.socket, "READY=1");
  heard.socket->forget();
  heard.socket->listen_to(::getpgrp());
  heard.socket->read_pending();
  CHECK(heard.notifications.empty());
  // This process is in no group of process 1.
  heard.socket->listen_to(1);
  send_to(*heard.socket, "READY=1");
  heard.socket->read_pending();
  CHECK(heard.notifications.empty());
}

TEST_CASE("a datagram that is too long is passed over, and the next one is heard") {
  Heard heard;
  send_to(*heard.socket, "READY=1\n" + std::string(4096 - 8, 'x'));
  heard.socket->read_pending();
  CHECK(heard.notifications == std::vector{ready});
  send_to(*heard.socket, "READY=1\n" + std::string(4096 - 7, 'x'));
  send_to(*heard.socket, "RESTART=1");
  heard.socket->read_pending();
  REQUIRE(heard.notifications.size() == 2);
  CHECK(heard.notifications.back() == Notification{.restart = true});
}

TEST_CASE("what an app says before its group is known is not lost") {
  Heard heard;
  heard.socket->forget();
  send_to(*heard.socket, "READY=1");
  heard.socket->listen_to(::getpgrp());
  heard.socket->read_pending();
  CHECK(heard.notifications == std::vector{ready});
}

TEST_CASE("descriptors that are sent along are closed: a barrier is passed") {
  Heard heard;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  send_to(*heard.socket, "BARRIER=1", write_end.get());
  write_end.reset();
  heard.socket->read_pending();
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == 0);
}

TEST_CASE("the socket lies in a directory of its own and goes with it") {
  std::filesystem::path path;
  {
    Heard heard;
    path = heard.socket->address();
    CHECK(std::filesystem::is_socket(path));
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path.parent_path()));
}

TEST_CASE("TMPDIR is where the socket lies, and one that is too long is passed over") {
  const TemporaryDirectory directory;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("TMPDIR", directory.path().c_str(), 1);
  { CHECK(Heard().socket->address().starts_with(directory.path().string())); }
  const std::string deep = directory.file(std::string(120, 'd'));
  std::filesystem::create_directory(deep);
  ::setenv("TMPDIR", deep.c_str(), 1);
  { CHECK(Heard().socket->address().starts_with("/tmp/")); }
  CHECK(std::filesystem::is_empty(deep));
  before != nullptr ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
}
