#include "supervisor/inherited_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

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

std::array<int, 2> open_pipe(int flags) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), flags) == 0);
  return ends;
}

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
  const auto ends = open_pipe(0);
  const UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  CHECK(take_inherited({{.name = "in", .descriptor = reading.get()},
                        {.name = "out", .descriptor = writing.get()}})
            .ok());
  CHECK(is_closed_on_exec(reading));
  CHECK(is_closed_on_exec(writing));
}

TEST_CASE("a descriptor that is not open, or was opened later, is an error, and none is taken") {
  const auto ends = open_pipe(0);
  const UniqueFd open(ends[0]);
  const UniqueFd later(ends[1]);
  REQUIRE(::fcntl(later.get(), F_SETFD, FD_CLOEXEC) == 0);
  for (const int descriptor : {later.get(), 999}) {
    const auto taken = take_inherited(
        {{.name = "first", .descriptor = open.get()}, {.name = "web", .descriptor = descriptor}});
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().message.find("descriptor " + std::to_string(descriptor) +
                                     " (web) is not open") != std::string::npos);
    CHECK_FALSE(is_closed_on_exec(open));
  }
}
