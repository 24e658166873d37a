#include "supervisor/held_listeners.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::base::UniqueFd;
using ops::supervisor::HeldListeners;
using ops::supervisor::PassedSocket;

TEST_CASE("listeners are held in their order, with their names and what they are bound to") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  const auto held =
      HeldListeners::open({{.name = "web", .address = "127.0.0.1:0"}, {.address = "unix:" + path}});
  REQUIRE(held.ok());
  CHECK(held->names() == "web:unknown");
  REQUIRE(held->descriptors().size() == 2);
  CHECK(held->sockets()[0].address.starts_with("127.0.0.1:"));
  CHECK_FALSE(held->sockets()[0].address.ends_with(":0"));
  CHECK(held->sockets()[1].address == "unix:" + path);
}

TEST_CASE("a held socket waits in accept, as those who know nothing of us expect") {
  const auto held = HeldListeners::open({{.address = "127.0.0.1:0"}});
  REQUIRE(held.ok());
  CHECK((::fcntl(held->descriptors().front(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE(
    "what an instance has done to a held socket is taken back, to one that was passed it is not") {
  const auto others = HeldListeners::open({{.address = "127.0.0.1:0"}});
  REQUIRE(others.ok());
  const auto held = HeldListeners::open({{.address = "127.0.0.1:0"}},
                                        {{.descriptor = others->descriptors().front()}});
  REQUIRE(held.ok());
  for (const int socket : held->descriptors()) {
    REQUIRE(::fcntl(socket, F_SETFL, O_NONBLOCK) == 0);
  }
  held->make_blocking();
  CHECK((::fcntl(held->descriptors().front(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(held->descriptors().back(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("an address in use is an error that names it, and nothing stays open") {
  const auto held = HeldListeners::open({{.address = "127.0.0.1:0"}});
  REQUIRE(held.ok());
  const std::string address = held->sockets().front().address;
  const TemporaryDirectory directory;
  const auto second =
      HeldListeners::open({{.address = "unix:" + directory.file("s")}, {.address = address}});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().reason.value() == EADDRINUSE);
  CHECK(second.error().message.find(address) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory.file("s")));
}

TEST_CASE("the path of a unix socket goes with its holder, unless it is somebody else's by then") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  { REQUIRE(HeldListeners::open({{.address = "unix:" + path}}).ok()); }
  CHECK_FALSE(std::filesystem::exists(path));
  {
    const auto held = HeldListeners::open({{.address = "unix:" + path}});
    REQUIRE(held.ok());
    // Another inode at the same path, made before the old one goes: the number cannot be reused.
    directory.write("theirs", "theirs");
    std::filesystem::rename(directory.file("theirs"), path);
  }
  CHECK(directory.read("app.sock") == "theirs");
}

TEST_CASE("what was passed to us comes first, as it is, and whatever it is") {
  const auto others = HeldListeners::open({{.address = "127.0.0.1:0"}});
  REQUIRE(others.ok());
  const int socket = others->descriptors().front();
  REQUIRE(::fcntl(socket, F_SETFL, O_NONBLOCK) == 0);
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const UniqueFd reading(pipe[0]);
  const UniqueFd writing(pipe[1]);
  {
    const auto held = HeldListeners::open(
        {{.name = "web", .address = "127.0.0.1:0"}},
        {{.name = "web", .descriptor = socket}, {.name = "in", .descriptor = reading.get()}});
    REQUIRE(held.ok());
    CHECK(held->names() == "web:in:web");
    REQUIRE(held->descriptors().size() == 3);
    CHECK(held->descriptors()[0] == socket);
    CHECK(held->descriptors()[1] == reading.get());
    CHECK(held->sockets()[0].address == others->sockets().front().address);
    CHECK(held->sockets()[1].address == "descriptor " + std::to_string(reading.get()));
  }
  // They are their owner's: open still, and with their flags.
  CHECK((::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0);
  CHECK(::fcntl(reading.get(), F_GETFD) >= 0);
}

TEST_CASE("the path of a unix socket that was passed to us stays where it is") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("theirs.sock");
  const auto theirs = HeldListeners::open({{.address = "unix:" + path}});
  REQUIRE(theirs.ok());
  {
    const auto held = HeldListeners::open({}, {{.descriptor = theirs->descriptors().front()}});
    REQUIRE(held.ok());
    CHECK(held->sockets().front().address == "unix:" + path);
    CHECK(held->names() == "unknown");
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("what was passed to us and is not open is an error that names it") {
  const auto held = HeldListeners::open({}, {{.name = "web", .descriptor = 999}});
  REQUIRE_FALSE(held.ok());
  CHECK(held.error().message == "cannot pass on descriptor 999 (web): Bad file descriptor");
}

TEST_CASE("one address twice is an error that names both") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("app.sock");
  const auto held = HeldListeners::open(
      {{.name = "one", .address = "unix:" + path}, {.name = "two", .address = "unix:" + path}});
  REQUIRE_FALSE(held.ok());
  CHECK(held.error().message ==
        "cannot listen on unix:" + path + R"( twice, as "one" and as "two")");
  CHECK(held.error().reason.value() == EADDRINUSE);
  CHECK_FALSE(std::filesystem::exists(path));

  const auto theirs = HeldListeners::open({{.address = "[::1]:0"}});
  REQUIRE(theirs.ok());
  const PassedSocket passed{.name = "passed", .descriptor = theirs->descriptors().front()};
  const std::string address = theirs->sockets().front().address;
  const auto again = HeldListeners::open(
      {{.name = "own", .address = "[0::1]" + address.substr(address.rfind(':'))}}, {passed});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().message ==
        "cannot listen on " + address + R"( twice, as "passed" and as "own")");
}

TEST_CASE("port 0 may be asked for twice, each time it is another") {
  const auto held = HeldListeners::open({{.address = "127.0.0.1:0"}, {.address = "127.0.0.1:0"}});
  REQUIRE(held.ok());
  CHECK(held->sockets()[0].address != held->sockets()[1].address);
}

TEST_CASE("IPv4, IPv6 and abstract addresses are held like any other") {
  const std::string abstract = "unix:@ops-held-" + std::to_string(::getpid());
  const auto held =
      HeldListeners::open({{.address = "0.0.0.0:0"}, {.address = "[::]:0"}, {.address = abstract}});
  REQUIRE(held.ok());
  CHECK(held->sockets()[1].address.starts_with("[::]:"));
  CHECK(held->sockets()[2].address == abstract);
}

TEST_CASE("a relative path is unlinked where it was made, whatever the working directory is then") {
  const TemporaryDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  {
    const auto held = HeldListeners::open({{.address = "unix:app.sock"}});
    std::filesystem::current_path(before);
    REQUIRE(held.ok());
    CHECK(held->sockets().front().address == "unix:" + directory.file("app.sock"));
    CHECK(std::filesystem::exists(directory.file("app.sock")));
  }
  CHECK_FALSE(std::filesystem::exists(directory.file("app.sock")));
}

TEST_CASE("a path that is too long for a socket is an error that says so") {
  const auto held = HeldListeners::open({{.address = "unix:/" + std::string(107, 's')}});
  REQUIRE_FALSE(held.ok());
  CHECK(held.error().message.find("longer than 107 bytes") != std::string::npos);
}
