#include "supervisor/runner/show_status.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "loop/listener.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "loop/waker.hpp"
#include "supervisor/control_socket.hpp"
#include "supervisor/private_socket.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using namespace ops::supervisor::runner;
using ops::base::Log;
using ops::base::UniqueFd;
using ops::loop::Loop;
using State = Status::State;

/// Asks from a thread of its own, while `loop` serves.
ShownStatus ask(Loop& loop, const std::string& path, Log::Format format = Log::Format::text) {
  ShownStatus shown;
  ops::loop::Waker answered(loop, [&loop] { loop.stop(); });
  std::thread asking([&] {
    shown = show_status(path, format, 10s);
    answered.wake();
  });
  loop.run();
  asking.join();
  return shown;
}

ShownStatus ask_in(const Status& status, Log::Format format = Log::Format::text) {
  const TemporaryDirectory directory;
  Loop loop;
  const auto socket = ControlSocket::open(
      loop, directory.file("control"),
      {.status = [&] { return status; }, .restart = {}, .stop = {}, .listeners = {}});
  REQUIRE(socket.ok());
  return ask(loop, directory.file("control"), format);
}

/// Asks one that answers every connection with `bytes` and closes it.
ShownStatus ask_stranger(const std::string& bytes) {
  const TemporaryDirectory directory;
  Loop loop;
  auto socket = PrivateSocket::open(directory.file("control"));
  REQUIRE(socket.ok());
  std::vector<std::unique_ptr<ops::loop::Stream>> streams;
  const ops::loop::Listener listener(loop, (*socket)->take_socket(), [&](UniqueFd connection) {
    streams.push_back(std::make_unique<ops::loop::Stream>(loop, std::move(connection),
                                                          ops::loop::Stream::Events()));
    streams.back()->write(bytes);
    streams.back()->finish_writing();
  });
  return ask(loop, directory.file("control"));
}

bool holds(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

Status up_for(std::chrono::milliseconds time) {
  return {.state = State::running, .pid = 1, .uptime = time};
}

std::string first_line(const Status& status) {
  const std::string text = describe({status, {}});
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("people are told the essentials in a line, and the rest in rows") {
  StatusReport report;
  report.status = {.state = State::replacing,
                   .pid = 4711,
                   .generation = 3,
                   .restarts = 2,
                   .release = "3f9a1c20b7e4",
                   .uptime = 3h + 12min + 5s,
                   .last_exit = Status::Exit{.code = 99},
                   .next_start = 400ms,
                   .text = "warming up"};
  report.listeners = {{"web", "127.0.0.1:8080"}, {"admin", "unix:/run/a.sock"}};
  CHECK(describe(report) ==
        "replacing  pid 4711  for 3 h 12 min  release 3f9a1c20b7e4\n"
        "  generation  3\n"
        "  restarts    2\n"
        "  last exit   code 99\n"
        "  next start  in 400 ms\n"
        "  listeners   web    127.0.0.1:8080\n"
        "              admin  unix:/run/a.sock\n"
        "  it says     warming up\n");
}

TEST_CASE("people are not told what is not so") {
  CHECK(describe({}) == "starting\n  restarts    0\n");
  StatusReport waiting;
  waiting.status = {
      .state = State::waiting, .generation = 1, .last_exit = Status::Exit{.signal = 9}};
  CHECK(describe(waiting) ==
        "waiting\n"
        "  generation  1\n"
        "  restarts    0\n"
        "  last exit   signal 9 (KILL)\n");
  waiting.status.last_exit = Status::Exit{.signal = 1000};
  CHECK(holds(describe(waiting), "last exit   signal 1000\n"));
}

TEST_CASE("a time is told in its two largest units") {
  CHECK(first_line(up_for(0ms)) == "running  pid 1  for 0 ms");
  CHECK(first_line(up_for(999ms)) == "running  pid 1  for 999 ms");
  CHECK(first_line(up_for(1999ms)) == "running  pid 1  for 1 s");
  CHECK(first_line(up_for(61s)) == "running  pid 1  for 1 min 1 s");
  CHECK(first_line(up_for(1h)) == "running  pid 1  for 1 h 0 min");
  CHECK(first_line(up_for(24h)) == "running  pid 1  for 1 d 0 h");
  CHECK(first_line(up_for(1000h)) == "running  pid 1  for 41 d 16 h");
  CHECK(first_line(up_for(-5ms)) == "running  pid 1  for 0 ms");
}

TEST_CASE("what the app says cannot steer a terminal") {
  StatusReport report;
  report.status.release = "a\x1b]0;owned\x07";
  report.status.text = "caf\xc3\xa9\x7f \xc2\x9b\n";
  report.listeners = {{"\x1b[2J", "unix:/a\rb"}, {"b", "c"}};
  const std::string text = describe(report);
  CHECK(holds(text, "release a?]0;owned?\n"));
  CHECK(holds(text, "it says     caf\xc3\xa9? ??\n"));
  CHECK(holds(text, "listeners   ?[2J  unix:/a?b\n"));
  CHECK(holds(text, "              b     c\n"));
}

TEST_CASE("it ends with 0 where an instance serves, and with 3 where none does") {
  for (const State state : {State::running, State::replacing, State::reloading}) {
    CHECK(ask_in({.state = state}).exit_code == 0);
  }
  for (const State state :
       {State::starting, State::stopping, State::restarting, State::waiting, State::ended}) {
    const ShownStatus shown = ask_in({.state = state});
    CHECK(shown.exit_code == 3);
    CHECK(shown.text == std::string(to_string(state)) + "\n  restarts    0\n");
    CHECK(shown.error.empty());
  }
}

TEST_CASE("for programs the answer is shown as it came") {
  const ShownStatus shown = ask_in({.state = State::running, .pid = 7}, Log::Format::json);
  CHECK(shown.exit_code == 0);
  CHECK(shown.text ==
        "{\"ok\":true,\"state\":\"running\",\"pid\":7,\"uptime_ms\":0,\"restarts\":0}\n");
  CHECK(shown.error.empty());
}

TEST_CASE("where nobody is, the person is told what to look at") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("control");
  const std::string beginning = "cannot get the status from " + path + ": ";
  const ShownStatus nothing = show_status(path, Log::Format::text);
  CHECK(nothing.exit_code == 4);
  CHECK(nothing.text.empty());
  CHECK(nothing.error == beginning +
                             "No such file or directory; is server-runner running, with --control "
                             "and this path?");
  directory.write("control", "a file");
  const ShownStatus file = show_status(path, Log::Format::text);
  CHECK(file.exit_code == 4);
  CHECK(holds(file.error, "Connection refused; is server-runner running"));
  const ShownStatus lengthy = show_status("/" + std::string(200, 'x'), Log::Format::text);
  CHECK(lengthy.exit_code == 4);
  CHECK(holds(lengthy.error, "the path is longer than 107 bytes"));
}

TEST_CASE("one that hangs is waited for, but not for ever") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("control");
  auto socket = PrivateSocket::open(path);
  REQUIRE(socket.ok());
  const UniqueFd listening = (*socket)->take_socket();
  SECTION("it takes the connection and says nothing") {}
  SECTION("its queue is full") {
    REQUIRE(::listen(listening.get(), 0) == 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    static std::vector<UniqueFd> waiting;
    waiting.clear();
    do {
      waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    } while (::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
  }
  const ShownStatus shown = show_status(path, Log::Format::text, 30ms);
  CHECK(shown.exit_code == 4);
  CHECK(holds(shown.error, ": no answer for 30 ms; is server-runner stopped or overloaded?"));
}

TEST_CASE("what does not answer as server-runner is not taken for it") {
  const ShownStatus silent = ask_stranger("");
  CHECK(silent.exit_code == 4);
  CHECK(holds(silent.error, "it hung up without an answer"));
  for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                   std::string("{\"ok\":true}\n"), std::string(500'000, 'x')}) {
    const ShownStatus shown = ask_stranger(bytes);
    CHECK(shown.exit_code == 4);
    CHECK(shown.text.empty());
    CHECK(holds(shown.error, "does not speak as server-runner"));
  }
  CHECK(holds(ask_stranger(refusal_answer({"x", "too busy"})).error,
              "cannot get the status: too busy"));
}
