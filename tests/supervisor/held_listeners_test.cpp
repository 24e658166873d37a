#include "supervisor/held_listeners.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::supervisor::HeldListeners;
using ops::supervisor::ListenSpec;

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
