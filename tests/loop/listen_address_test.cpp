#include "loop/listen_address.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "loop/connected.hpp"
#include "temporary_directory.hpp"

namespace ops::loop {
namespace {

base::UniqueFd connect_to_unix(const std::string& path) {
  base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    client.reset();
  }
  return client;
}

std::string parse_error(std::string_view text) {
  const auto parsed = ListenAddress::parse(text);
  REQUIRE_FALSE(parsed.ok());
  return parsed.error().message;
}

ListenAddress parsed(const std::string& text) {
  auto address = ListenAddress::parse(text);
  REQUIRE(address.ok());
  return std::move(address).value();
}

}  // namespace

TEST_CASE("addresses are read and what they became is told in the same form") {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "[::1]", "[::]"}) {
    INFO(host);
    const ListenAddress address = parsed(std::string(host) + ":0");
    CHECK(address.text() == std::string(host) + ":0");
    CHECK(address.unix_path().empty());
    const auto socket = address.open();
    REQUIRE(socket.ok());
    const auto bound = bound_address(socket->get());
    REQUIRE(bound.ok());
    CHECK(bound->starts_with(std::string(host) + ":"));
    CHECK_FALSE(bound->ends_with(":0"));
    CHECK(ListenAddress::parse(*bound).ok());
  }
}

TEST_CASE("addresses that mean the same are told in one form") {
  CHECK(parsed("[0:0::0:1]:080").text() == "[::1]:80");
  CHECK(parsed("127.0.0.1:00080").text() == "127.0.0.1:80");
  CHECK(parsed("unix:/run/app.sock").text() == "unix:/run/app.sock");
  CHECK(parsed("unix:@app").text() == "unix:@app");
}

TEST_CASE("a socket is opened listening, non-blocking and closed on exec") {
  const auto socket = parsed("127.0.0.1:0").open();
  REQUIRE(socket.ok());
  CHECK((::fcntl(socket->get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(socket->get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(connect_to(socket->get()));
}

TEST_CASE("a bad address says what is wrong and how to write it") {
  CHECK(parse_error("8080") == "there is no port; write 0.0.0.0:8080, [::]:8080 or unix:/path");
  CHECK(parse_error("").find("there is no port") != std::string::npos);
  for (const char* text : {":8080", "localhost:8080", "*:8080", "::1:8080", "[::1:8080",
                           "::1]:8080", "[127.0.0.1]:8080", "127.0.0.1.:8080", "127.1:8080",
                           "[]:8080", " 127.0.0.1:1", "[fe80::1%lo]:1"}) {
    INFO(text);
    CHECK(parse_error(text).find("the host is not an IP address") != std::string::npos);
  }
  for (const char* text : {"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80x", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1"}) {
    INFO(text);
    CHECK(parse_error(text).find("the port is not a number from 0 to 65535") != std::string::npos);
  }
  CHECK(parse_error("unix:").find("there is no path") != std::string::npos);
  CHECK(parse_error("unix:@").find("there is no name") != std::string::npos);
  CHECK(parse_error(std::string_view("127.0.0.1\0:80", 13)).find("zero byte") != std::string::npos);
}

TEST_CASE("a unix path may have 107 bytes and no more") {
  const TemporaryDirectory directory;
  const std::string start = "unix:" + directory.file("");
  const std::string longest = start + std::string(5 + 107 - start.size(), 's');
  CHECK(parsed(longest).open().ok());
  CHECK(parse_error(longest + "s").find("longer than 107 bytes") != std::string::npos);
}

TEST_CASE("a relative unix path is where the working directory was when it was read") {
  const TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const ListenAddress address = parsed("unix:app.sock");
  const auto longest = ListenAddress::parse("unix:" + std::string(100, 's'));
  std::filesystem::current_path(before);
  CHECK(address.unix_path() == directory.file("app.sock"));
  CHECK(address.text() == "unix:" + directory.file("app.sock"));
  const auto socket = address.open();
  REQUIRE(socket.ok());
  CHECK(connect_to_unix(directory.file("app.sock")));
  REQUIRE_FALSE(longest.ok());
  CHECK(longest.error().message.find("from the root on is longer than 107") != std::string::npos);
}

TEST_CASE("the umask says who may connect to a unix path") {
  const TemporaryDirectory directory;
  struct Case {
    mode_t mask;
    mode_t mode;
  };
  for (const Case c : {Case{0077, 0700}, Case{0007, 0770}, Case{0, 0777}}) {
    const std::string path = directory.file("app.sock");
    const mode_t before = ::umask(c.mask);
    const auto socket = parsed("unix:" + path).open();
    ::umask(before);
    REQUIRE(socket.ok());
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == c.mode);
    std::filesystem::remove(path);
  }
}

TEST_CASE("an abstract socket has a name and no file, and is in use while it is held") {
  const std::string name = "@ops-test-" + std::to_string(::getpid());
  const ListenAddress address = parsed("unix:" + name);
  CHECK(address.unix_path().empty());
  {
    const auto socket = address.open();
    REQUIRE(socket.ok());
    CHECK(bound_address(socket->get()).value() == "unix:" + name);
    const auto second = address.open();
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().reason.value() == EADDRINUSE);
    CHECK_FALSE(std::filesystem::exists(name));
  }
  CHECK(address.open().ok());
  CHECK(parsed("unix:@" + std::string(106, 'n')).open().ok());
  CHECK(parse_error("unix:@" + std::string(107, 'n')).find("longer than") != std::string::npos);
}

TEST_CASE("a port that is taken is told as such") {
  const auto first = parsed("127.0.0.1:0").open();
  REQUIRE(first.ok());
  const std::string address = bound_address(first->get()).value();
  const auto second = parsed(address).open();
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().message ==
        "cannot listen on " + address +
            ": Address already in use; another program listens there: `ss -ltnp` shows which");
  CHECK(second.error().reason.value() == EADDRINUSE);
}

TEST_CASE("an IPv6 address takes no IPv4, so both can be listened on") {
  const auto any = parsed("[::]:0").open();
  REQUIRE(any.ok());
  const std::string bound = bound_address(any->get()).value();
  CHECK(parsed("0.0.0.0" + bound.substr(bound.rfind(':'))).open().ok());
}

TEST_CASE("a unix socket is listened on at its path") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  const ListenAddress address = parsed("unix:" + path);
  CHECK(address.unix_path() == path);
  const auto socket = address.open();
  REQUIRE(socket.ok());
  CHECK(bound_address(socket->get()).value() == "unix:" + path);
  CHECK(connect_to_unix(path));
}

TEST_CASE("a unix socket that nobody answers on is replaced") {
  const TemporaryDirectory directory;
  const ListenAddress address = parsed("unix:" + directory.file("app.sock"));
  REQUIRE(address.open().ok());  // closed again, the file stays
  CHECK(address.open().ok());
}

TEST_CASE("a unix socket that is alive stays") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  const ListenAddress address = parsed("unix:" + path);
  const auto first = address.open();
  REQUIRE(first.ok());
  CHECK(address.open().error().reason.value() == EADDRINUSE);
  CHECK(connect_to_unix(path));
}

TEST_CASE("a unix socket whose queue is full is alive, and the error says it is in use") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  const ListenAddress address = parsed("unix:" + path);
  const auto first = address.open();
  REQUIRE(first.ok());
  REQUIRE(::listen(first->get(), 0) == 0);
  std::vector<base::UniqueFd> waiting;
  while (base::UniqueFd client = connect_to_unix(path)) waiting.push_back(std::move(client));
  const auto second = address.open();
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().reason.value() == EADDRINUSE);
}

TEST_CASE("a file that is no socket is never replaced") {
  const TemporaryDirectory directory;
  directory.write("app.sock", "precious");
  const auto opened = parsed("unix:" + directory.file("app.sock")).open();
  CHECK(opened.error().reason.value() == EADDRINUSE);
  CHECK(directory.read("app.sock") == "precious");
}

TEST_CASE("a directory that is not there is told as such") {
  const TemporaryDirectory directory;
  const auto opened = parsed("unix:" + directory.file("missing/app.sock")).open();
  CHECK(opened.error().reason.value() == ENOENT);
}

TEST_CASE("what is no socket is bound to nothing") {
  const std::string error = "cannot tell what a socket is bound to: ";
  CHECK(bound_address(0).error().message.starts_with(error));
  const base::UniqueFd unnamed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(bound_address(unnamed.get()).error().message == error + "it has no address");
  const base::UniqueFd other(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  CHECK(bound_address(other.get()).error().message == error + "it is of no known family");
}

}  // namespace ops::loop
