#include "middleware/server/inherited_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "catch.hpp"
#include "loop/listen_address.hpp"

using namespace ops::middleware;

namespace {

/// Runs `body` in a child whose descriptors 3 and 4 are listening sockets; its exit status.
int in_child(const std::function<int()>& body) {
  const auto first = ops::loop::ListenAddress::parse("127.0.0.1:0").value().open();
  const auto second = ops::loop::ListenAddress::parse("127.0.0.1:0").value().open();
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // By way of high numbers, because either may be 3 or 4 already.
    const int low = ::fcntl(first->get(), F_DUPFD, 100);
    const int high = ::fcntl(second->get(), F_DUPFD, 100);
    const bool placed = ::dup2(low, 3) == 3 && ::dup2(high, 4) == 4;
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", "http:admin", 1);
    ::_exit(placed ? body() : 99);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

bool unset_afterwards() {
  return std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr &&
         std::getenv("LISTEN_FDNAMES") == nullptr;
}

bool is_private(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

}  // namespace

TEST_CASE("all sockets that were handed over are taken, and no child gets them") {
  CHECK(in_child([] {
          ::setenv("LISTEN_FDS", "2", 1);
          const auto taken = take_inherited_sockets();
          if (!taken || taken->size() != 2) return 1;
          if ((*taken)[0].get() != 3 || (*taken)[1].get() != 4) return 2;
          if (!is_private(3) || !is_private(4)) return 3;
          return unset_afterwards() ? 0 : 4;
        }) == 0);
}

TEST_CASE("sockets for another process are left alone") {
  CHECK(in_child([] {
          ::setenv("LISTEN_FDS", "2", 1);
          ::setenv("LISTEN_PID", std::to_string(::getppid()).c_str(), 1);
          const auto taken = take_inherited_sockets();
          if (!taken || !taken->empty()) return 1;
          return std::getenv("LISTEN_FDS") != nullptr ? 0 : 2;
        }) == 0);
}

TEST_CASE("without LISTEN_PID nothing is taken") {
  CHECK(in_child([] {
          ::setenv("LISTEN_FDS", "2", 1);
          ::unsetenv("LISTEN_PID");
          const auto taken = take_inherited_sockets();
          return taken && taken->empty() ? 0 : 1;
        }) == 0);
}

TEST_CASE("a number of sockets that cannot be is an error, and so is what does not listen") {
  for (const auto* count : {"0", "-1", "x", "", "2x", "1025", "99999999999999999999"}) {
    INFO("LISTEN_FDS=" << count);
    CHECK(in_child([count] {
            ::setenv("LISTEN_FDS", count, 1);
            return take_inherited_sockets().ok() ? 1 : 0;
          }) == 0);
  }
  CHECK(in_child([] {
          ::setenv("LISTEN_FDS", "2", 1);
          const int plain = ::socket(AF_INET, SOCK_STREAM, 0);
          ::dup2(plain, 4);
          const auto taken = take_inherited_sockets();
          if (taken.ok() || !unset_afterwards()) return 1;
          return taken.error().message.find("descriptor 4 is not a listening socket") !=
                         std::string::npos
                     ? 0
                     : 2;
        }) == 0);
}
