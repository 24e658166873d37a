// What a supervisor above server-runner hears on its NOTIFY_SOCKET, and when.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

/// The socket of whoever is above us.
class Above {
 public:
  Above() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path().size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path().c_str(), path().size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }

  [[nodiscard]] std::string path() const { return directory_.file("above"); }
  [[nodiscard]] std::string hear() const {
    pollfd waiting{socket_.get(), POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, 30'000) == 1);
    std::array<char, 4096> message{};
    const ssize_t size = ::recv(socket_.get(), message.data(), message.size(), 0);
    REQUIRE(size >= 0);
    return {message.data(), static_cast<std::size_t>(size)};
  }
  [[nodiscard]] bool has_heard_something() const {
    pollfd waiting{socket_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }

 private:
  TemporaryDirectory directory_;
  ops::base::UniqueFd socket_;
};

}  // namespace

TEST_CASE("who is above us hears READY once the app is ready and not before, and STOPPING") {
  const Above above;
  RunningProgram program(
      server_runner({"--ready", "notify", "--backoff", "0:1:0", "/bin/sh", "-c",
                     ("echo up; read line; [ $OPS_RESTART_COUNT = 0 ] && exit 99\n" OPS_TELL
                      " READY=1; trap 'exit 8' TERM; echo said; while :; do sleep 0.01; done")}),
      {"NOTIFY_SOCKET=" + above.path()});
  // Neither one that runs nor one that is started again is ready.
  program.wait_for_line("up");
  program.write("\n");
  program.wait_for_line("up");
  CHECK_FALSE(above.has_heard_something());
  program.write("\n");
  CHECK(above.hear() == "READY=1");
  program.wait_for_line("said");
  program.signal(SIGTERM);
  CHECK(above.hear() == "STOPPING=1");
  CHECK(program.wait() == 8);
}

TEST_CASE("the app of a server-runner that is told where to notify does not speak past it") {
  const Above above;
  RunningProgram program(server_runner({"--ready", "notify", "/bin/sh", "-c",
                                        (OPS_TELL " 'MAINPID=1\nREADY=1\nSTATUS=up'; read line")}),
                         {"NOTIFY_SOCKET=" + above.path()});
  std::string heard;
  while (heard.find("READY=1") == std::string::npos) heard += above.hear() + "\n";
  program.close_input();
  CHECK(program.wait() == 1);
  while (above.has_heard_something()) heard += above.hear() + "\n";
  CHECK(heard.find("STATUS=up") != std::string::npos);
  CHECK(heard.find("MAINPID") == std::string::npos);
}
