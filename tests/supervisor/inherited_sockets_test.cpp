#include "supervisor/inherited_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "catch.hpp"

namespace {

using ops::base::UniqueFd;
using ops::supervisor::parse_inherited;
using ops::supervisor::PassedSocket;
using ops::supervisor::take_inherited;

constexpr pid_t us = 4711;

/// "name=descriptor", one after the other.
std::string parsed(const std::vector<std::string>& environment) {
  const auto sockets = parse_inherited(environment, us);
  if (!sockets) return sockets.error().message;
  std::string text;
  for (const PassedSocket& socket : *sockets) {
    text += (text.empty() ? "" : " ") + socket.name + "=" + std::to_string(socket.descriptor);
  }
  return text;
}

/// An open file under just this number, as the one who starts a program leaves it.
UniqueFd left_open_as(int descriptor) {
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(::dup2(file.get(), descriptor) == descriptor);
  return UniqueFd(descriptor);
}

// Nobody else has so high ones.
constexpr int first = 500;

bool is_closed_on_exec(const UniqueFd& fd) {
  return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace

TEST_CASE("descriptors that were handed to us are counted from 3 on and have their names") {
  CHECK(parsed({"PATH=/bin", "LISTEN_PID=4711", "LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin"}) ==
        "web=3 admin=4");
  CHECK(parsed({"LISTEN_FDNAMES=web:web", "LISTEN_FDS=2", "LISTEN_PID=4711"}) == "web=3 web=4");
  CHECK(parsed({"LISTEN_PID=4711", "LISTEN_FDS=0"}).empty());
}

TEST_CASE("names that do not fit the descriptors, or are empty, are unknown") {
  const auto named = [](const std::string& names) {
    return parsed({"LISTEN_PID=4711", "LISTEN_FDS=2", "LISTEN_FDNAMES=" + names});
  };
  CHECK(parsed({"LISTEN_PID=4711", "LISTEN_FDS=2"}) == "unknown=3 unknown=4");
  CHECK(named("") == "unknown=3 unknown=4");
  CHECK(named("web") == "unknown=3 unknown=4");
  CHECK(named("web:admin:more") == "unknown=3 unknown=4");
  CHECK(named("web:") == "web=3 unknown=4");
  CHECK(named(":") == "unknown=3 unknown=4");
  CHECK(parsed({"LISTEN_PID=4711", "LISTEN_FDS=1", "LISTEN_FDNAMES="}) == "unknown=3");
}

TEST_CASE("what was handed to another process is not ours, however it is written") {
  CHECK(parsed({}).empty());
  for (const char* pid : {"4712", "1", "", "0", "-4711", "4711x", "x", " 4711", "99999999999999"}) {
    INFO(pid);
    CHECK(parsed({std::string("LISTEN_PID=") + pid, "LISTEN_FDS=absurd"}).empty());
  }
  CHECK(parsed({"LISTEN_FDS=2"}).empty());
  CHECK(parsed({"LISTEN_PID=4711"}).empty());
  CHECK(parsed({"LISTEN_PIDFDID=4711", "LISTEN_FDS=2"}).empty());
}

TEST_CASE("a number of descriptors that cannot be is an error that says so") {
  for (const char* count : {"", "-1", "1025", "2147483647", "99999999999999999999", "two", "2 "}) {
    INFO(count);
    CHECK(parsed({"LISTEN_PID=4711", std::string("LISTEN_FDS=") + count}) ==
          "cannot take over the descriptors of LISTEN_FDS: \"" + std::string(count) +
              "\" is not a number from 0 to 1024; unset LISTEN_FDS where none were meant for this "
              "process");
  }
}

TEST_CASE("what was handed to us does not go to our children by accident") {
  const UniqueFd web = left_open_as(first);
  const UniqueFd admin = left_open_as(first + 1);
  const auto taken = take_inherited({"LISTEN_PID=4711", "LISTEN_FDS=2"}, us, first);
  REQUIRE(taken.ok());
  REQUIRE(taken->size() == 2);
  CHECK(taken->back().descriptor == admin.get());
  CHECK(is_closed_on_exec(web));
  CHECK(is_closed_on_exec(admin));
}

TEST_CASE("a descriptor that is not open, or was opened later, is an error, and none is taken") {
  const UniqueFd open = left_open_as(first);
  UniqueFd later;
  SECTION("not open") {}
  SECTION("opened later") {
    later = left_open_as(first + 1);
    REQUIRE(::fcntl(later.get(), F_SETFD, FD_CLOEXEC) == 0);
  }
  const auto taken =
      take_inherited({"LISTEN_PID=4711", "LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin"}, us, first);
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().message.find("descriptor 501 (admin) is not open") != std::string::npos);
  CHECK_FALSE(is_closed_on_exec(open));
}

TEST_CASE("where nothing was handed to us nothing is taken") {
  const UniqueFd open = left_open_as(first);
  const auto taken = take_inherited({"LISTEN_PID=4712", "LISTEN_FDS=1"}, us, first);
  REQUIRE(taken.ok());
  CHECK(taken->empty());
  CHECK_FALSE(is_closed_on_exec(open));
}
