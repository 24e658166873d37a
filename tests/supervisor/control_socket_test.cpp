#include "supervisor/control_socket.hpp"

#include <malloc.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "loop/timer.hpp"
#include "open_descriptors.hpp"
#include "supervisor/control_connection.hpp"
#include "supervisor/private_socket.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using ops::base::UniqueFd;
using ops::loop::Loop;

const std::string done = "{\"ok\":true}\n";

struct Served {
  TemporaryDirectory directory;
  std::string path = directory.file("control");
  Loop loop;
  Status status{.state = Status::State::running, .pid = 7, .generation = 1};
  int asked = 0;
  std::vector<std::string> orders;
  std::unique_ptr<ControlSocket> socket;
  // The socket alone does not keep a loop going.
  ops::loop::Timer something_else{loop, [] {}};

  explicit Served(ControlLimits limits = {}) {
    something_else.start(1h);
    auto opened = ControlSocket::open(loop, path, what_to_do(), limits);
    REQUIRE(opened.ok());
    socket = std::move(*opened);
  }

  ControlSocket::Orders what_to_do() {
    return {.status =
                [this] {
                  ++asked;
                  return status;
                },
            .restart = [this] { orders.emplace_back("restart"); },
            .stop = [this] { orders.emplace_back("stop"); },
            .listeners = {{"web", "127.0.0.1:8080"}}};
  }
  [[nodiscard]] ControlConnection connect() { return {loop, path}; }
  /// Until all that clients have sent so far is taken.
  void settle() {
    for (int i = 0; i < 5; ++i) loop.run_pending();
  }
};

std::string code_of(const std::string& answer) {
  const std::string head = R"({"ok":false,"error":{"code":")";
  return answer.starts_with(head)
             ? answer.substr(head.size(), answer.find('"', head.size()) - head.size())
             : "no refusal: " + answer;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

/// What a server-runner that was killed leaves behind.
void leave_stale_socket(const std::string& path) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

}  // namespace

TEST_CASE("the status is told as it is at that moment, in either way of asking") {
  Served served;
  ControlConnection client = served.connect();
  const std::string expected =
      R"({"ok":true,"state":"running","pid":7,"generation":1,"uptime_ms":0,"restarts":0,)"
      R"("listeners":[{"name":"web","address":"127.0.0.1:8080"}]})"
      "\n";
  CHECK(client.ask("status\n") == expected);
  CHECK(client.ask("{\"command\":\"status\"}\r\n") == expected);
  served.status = {.state = Status::State::ended};
  CHECK(client.ask("status\n").find("\"ended\"") != std::string::npos);
}

TEST_CASE("an order is answered and carried out, each in its turn") {
  Served served;
  ControlConnection client = served.connect();
  CHECK(client.ask("{\"command\":\"restart\"}\n") == done);
  CHECK(client.ask("stop\nrestart\n\n") == done);
  CHECK(client.line() == done);
  CHECK(served.orders == std::vector<std::string>{"restart", "stop", "restart"});
}

TEST_CASE("a request may come in pieces") {
  Served served;
  ControlConnection client = served.connect();
  for (const char* piece : {"{\"comm", "and\":", "\"restart\"}"}) {
    REQUIRE(client.send(piece));
    served.settle();
    CHECK(served.orders.empty());
  }
  CHECK(client.ask("\n") == done);
  CHECK(served.orders.size() == 1);
}

TEST_CASE("a client that has sent its last byte gets its answer, though its line has no end") {
  Served served;
  ControlConnection client = served.connect();
  REQUIRE(client.send("restart"));
  client.send_last_byte();
  CHECK(client.until_end() == done);
  CHECK(served.orders.size() == 1);
}

TEST_CASE("an order counts although nobody waits for the answer") {
  Served served;
  {
    ControlConnection client = served.connect();
    REQUIRE(client.send("stop\n"));
  }
  served.settle();
  CHECK(served.orders == std::vector<std::string>{"stop"});
}

TEST_CASE("a restart is refused once the app was told to stop") {
  Served served;
  served.status.state = Status::State::stopping;
  ControlConnection client = served.connect();
  CHECK(code_of(client.ask("restart\n")) == "stopping");
  CHECK(served.orders.empty());
  CHECK(client.ask("stop\n") == done);
}

TEST_CASE("who mistypes is told so and may try again") {
  Served served;
  ControlConnection client = served.connect();
  CHECK(code_of(client.ask("halt\n")) == "unknown-command");
  CHECK(code_of(client.ask("{\"command\":7}\n")) == "bad-request");
  CHECK(code_of(client.ask("{\n")) == "bad-request");
  CHECK(client.ask("stop\n") == done);
}

TEST_CASE("the socket is its owner's alone, whatever the umask") {
  const TemporaryDirectory directory;
  Loop loop;
  for (const mode_t mask : {0000U, 0022U, 0277U, 0777U}) {
    const mode_t before = ::umask(mask);
    const auto opened = ControlSocket::open(loop, directory.file("control"), {});
    const mode_t after = ::umask(before);
    REQUIRE(opened.ok());
    CHECK(mode_of(directory.file("control")) == 0600);
    CHECK(after == mask);
  }
}

TEST_CASE("the mode is there before anybody can connect: bind makes the file with it") {
  // What PrivateSocket builds on. Where this fails it still closes the file before it listens.
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory.file("s");
  std::memcpy(address.sun_path, path.data(), path.size());
  CHECK(::fchmod(socket.get(), 0600) == 0);
  CHECK(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::umask(before);
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("a socket that nobody answers on is replaced") {
  const TemporaryDirectory directory;
  leave_stale_socket(directory.file("control"));
  Loop loop;
  REQUIRE(ControlSocket::open(loop, directory.file("control"), {}).ok());
}

TEST_CASE("a living socket is left to its owner") {
  Served served;
  const auto second = ControlSocket::open(served.loop, served.path, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().reason == std::errc::address_in_use);
  CHECK(second.error().message ==
        "cannot listen on " + served.path + ": somebody else answers there already");
  ControlConnection client = served.connect();
  CHECK(client.ask("stop\n") == done);
}

TEST_CASE("what is no socket is left alone") {
  const TemporaryDirectory directory;
  directory.write("file", "precious");
  std::filesystem::create_directory(directory.path() / "directory");
  std::filesystem::create_symlink("file", directory.path() / "link");
  std::filesystem::create_symlink("nowhere", directory.path() / "dangling");
  Loop loop;
  for (const char* name : {"file", "directory", "link", "dangling"}) {
    const auto opened = ControlSocket::open(loop, directory.file(name), {});
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().reason == std::errc::address_in_use);
    CHECK(opened.error().message.find("no socket") != std::string::npos);
  }
  CHECK(directory.read("file") == "precious");
  CHECK(std::filesystem::is_directory(directory.path() / "directory"));
  CHECK(std::filesystem::is_symlink(directory.path() / "dangling"));
}

TEST_CASE("a path that cannot be is an error that names it") {
  const TemporaryDirectory directory;
  Loop loop;
  const std::string no_directory = directory.file("none/control");
  const auto lost = ControlSocket::open(loop, no_directory, {});
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().message == "cannot listen on " + no_directory + ": No such file or directory");
  CHECK_FALSE(ControlSocket::open(loop, "", {}).ok());
  CHECK_FALSE(ControlSocket::open(loop, directory.file(std::string(120, 'x')), {}).ok());
  CHECK_FALSE(ControlSocket::open(loop, directory.file(std::string("a\0b", 3)), {}).ok());
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("the file goes with the socket, unless it is somebody else's by then") {
  Served served;
  SECTION("ours") {
    served.socket.reset();
    CHECK_FALSE(std::filesystem::exists(served.path));
  }
  SECTION("somebody else's") {
    std::filesystem::remove(served.path);
    const auto theirs = PrivateSocket::open(served.path);
    REQUIRE(theirs.ok());
    served.socket.reset();
    CHECK(std::filesystem::is_socket(served.path));
  }
  SECTION("gone already") {
    std::filesystem::remove(served.path);
    served.socket.reset();
    CHECK(std::filesystem::is_empty(served.directory.path()));
  }
}

TEST_CASE("a relative path is unlinked where it was, from wherever") {
  const TemporaryDirectory directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  {
    auto opened = PrivateSocket::open("control");
    std::filesystem::current_path(before);
    REQUIRE(opened.ok());
    CHECK(std::filesystem::is_socket(directory.file("control")));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("neither the socket nor its clients keep a loop going") {
  Served served({.silence = 1h});
  ControlConnection client = served.connect();
  CHECK(client.ask("status\n").starts_with("{\"ok\":true"));
  REQUIRE(client.send("half a li"));
  served.settle();
  served.something_else.stop();
  served.loop.run();
}

TEST_CASE("one client too many takes the place of the one that has been silent for longest") {
  Served served;
  std::vector<ControlConnection> clients;
  clients.reserve(9);
  for (int i = 0; i < 8; ++i) clients.push_back(served.connect());
  served.settle();
  // The first one has something to say, the second one only begins to.
  CHECK(clients[0].ask("status\n").starts_with("{\"ok\":true"));
  REQUIRE(clients[1].send("stat"));
  served.settle();
  clients.push_back(served.connect());
  CHECK(clients[1].until_end().empty());
  for (const std::size_t i : {0UL, 2UL, 3UL, 4UL, 5UL, 6UL, 7UL, 8UL}) {
    CHECK_FALSE(clients[i].ended());
    CHECK(clients[i].ask("status\n").starts_with("{\"ok\":true"));
  }
}

TEST_CASE("a client that says nothing is closed after a while") {
  Served served({.silence = 20ms});
  ControlConnection mute = served.connect();
  ControlConnection stammerer = served.connect();
  REQUIRE(stammerer.send("stat"));
  CHECK(mute.until_end().empty());
  CHECK(stammerer.until_end().empty());
  CHECK(served.connect().ask("stop\n") == done);
}

TEST_CASE("a line may be so long and not a byte longer") {
  Served served;
  ControlConnection client = served.connect();
  const std::string longest = "stop" + std::string(ControlSocket::longest_line - 4, ' ');
  CHECK(client.ask(longest + "\n") == done);
  const std::string end = GENERATE("", "\n", "\nstop\n");
  CHECK(client.send(longest + " " + end));
  CHECK(code_of(client.until_end()) == "line-too-long");
  CHECK(served.orders.size() == 1);
  CHECK(served.connect().ask("stop\n") == done);
}

TEST_CASE("a client that does not read its answers is closed") {
  Served served;
  served.status.text = std::string(GENERATE(0U, 4000U), 'x');
  ControlConnection client = served.connect();
  int sent = 0;
  for (; client.send("status\n"); ++sent) {
    REQUIRE(sent < 100'000);
    served.loop.run_pending();
  }
  const std::string answers = client.until_end();
  CHECK(answers.size() > 1000);
  CHECK(answers.size() <= std::size_t{2} * ControlSocket::most_unread);
  CHECK(served.connect().ask("stop\n") == done);
}

TEST_CASE("a flood of requests is served piece by piece, between the loop's other events") {
  Served served;
  ControlConnection client = served.connect();
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "status\n";
  REQUIRE(client.send(flood));
  served.loop.run_pending();
  served.loop.run_pending();
  CHECK(served.asked > 0);
  CHECK(served.asked < 50);
  for (int i = 0; i < 2000; ++i) REQUIRE(client.line().starts_with("{\"ok\":true"));
  CHECK(served.asked == 2000);
}

TEST_CASE("a megabyte of garbage takes no memory and leaves the others served") {
  Served served;
  ControlConnection other = served.connect();
  CHECK(other.ask("status\n").starts_with("{\"ok\":true"));
  std::string garbage;
  for (unsigned i = 0; garbage.size() < 1'000'000; ++i) {
    garbage += static_cast<char>(i * 2654435761U >> 13);
  }
  SECTION("in one line: it is cut off") {
    std::erase(garbage, '\n');
    ControlConnection client = served.connect();
    CHECK_FALSE(client.send(garbage));
    CHECK(code_of(client.until_end()) == "line-too-long");
  }
  SECTION("in many lines, the answers unread") {
    for (std::size_t i = 0; i < garbage.size(); i += 50) garbage[i] = '\n';
    CHECK_FALSE(served.connect().send(garbage));
  }
  SECTION("in many lines, each of them answered") {
    const std::size_t before = ::mallinfo2().uordblks;
    ControlConnection client = served.connect();
    for (int i = 0; i < 10'000; ++i) {
      REQUIRE(code_of(client.ask("x" + std::string(100, '{') + "\n")) == "unknown-command");
    }
    CHECK(::mallinfo2().uordblks < before + 32'768);
  }
  SECTION("of nothing but empty lines") {
    CHECK(served.connect().send(std::string(1'000'000, '\n')));
  }
  CHECK(other.ask("stop\n") == done);
  CHECK(served.orders == std::vector<std::string>{"stop"});
}

TEST_CASE("clients that come and go leave no descriptor behind") {
  Served served;
  served.settle();
  const auto before = open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    ControlConnection client = served.connect();
    if (i % 3 == 0) REQUIRE(client.send("sta"));
    if (i % 3 == 1) CHECK(client.ask("status\n").starts_with("{\"ok\":true"));
  }
  served.settle();
  CHECK(open_descriptors() == before);
}

TEST_CASE("an order may destroy the socket: the client has its answer, later lines do nothing") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("control");
  Loop loop;
  ops::loop::Timer something_else(loop, [] {});
  something_else.start(1h);
  std::unique_ptr<ControlSocket> socket;
  int calls = 0;
  bool file_gone = false;
  const std::string text = "what the callback holds outlives the socket";
  const auto destroy = [&, text] {
    socket.reset();
    file_gone = !std::filesystem::exists(path);
    if (text.starts_with("what")) ++calls;
  };
  socket = std::move(*ControlSocket::open(
      loop, path, {.status = {[] { return Status(); }}, .restart = destroy, .stop = destroy}));
  ControlConnection idle(loop, path);
  ControlConnection client(loop, path);
  loop.run_pending();
  const std::string order = GENERATE("stop\nstop\nstatus\n", "restart\nstop\n", "stop");
  REQUIRE(client.send(order));
  client.send_last_byte();
  CHECK(client.until_end() == done);
  CHECK(idle.until_end().empty());
  CHECK(calls == 1);
  CHECK(file_gone);
}

TEST_CASE("a socket that goes takes its clients with it") {
  Served served;
  ControlConnection client = served.connect();
  REQUIRE(client.send("sto"));
  served.settle();
  served.socket.reset();
  CHECK(client.until_end().empty());
  CHECK(served.orders.empty());
}
