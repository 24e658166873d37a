#include "middleware/launch_environment.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

base::UniqueFd bound_datagram_socket(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  return fd;
}

std::string received(int fd) {
  std::array<char, 256> buffer{};
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  return got < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

TEST_CASE("the restart code is the supervisor's, and 99 where it says nothing that makes sense") {
  for (const auto& [text, code] : {std::pair{"7", 7}, std::pair{"255", 255}, std::pair{"0", 99},
                                   std::pair{"256", 99}, std::pair{"x", 99}, std::pair{"", 99}}) {
    ::setenv("OPS_RESTART_CODE", text, 1);
    CHECK(read_launch_environment().restart_code == code);
  }
  ::unsetenv("OPS_RESTART_CODE");
  CHECK(read_launch_environment().restart_code == 99);
}

TEST_CASE("the supervisor is told by its socket, by path or by abstract name") {
  const TemporaryDirectory directory;
  const std::string abstract = "@" + directory.file("notify");
  for (const std::string& name : {directory.file("notify"), abstract}) {
    const auto socket = bound_datagram_socket(name);
    notify_supervisor(name, "READY=1");
    CHECK(received(socket.get()) == "READY=1");
  }
}

TEST_CASE("without a supervisor, or with one that is gone, nothing happens") {
  const TemporaryDirectory directory;
  notify_supervisor("", "READY=1");
  notify_supervisor(directory.file("nobody"), "READY=1");
  notify_supervisor("/" + std::string(200, 'x'), "READY=1");
  SUCCEED("none of them failed or blocked");
}

}  // namespace
}  // namespace ops::middleware
