#include "base/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/scratch_tree.hpp"

namespace ops::base {
namespace {

struct Pipe {
  UniqueFd reader, writer;

  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }

  // All that waits in the pipe, without waiting for more.
  [[nodiscard]] std::string read() const {
    std::string text;
    std::array<char, 65536> buffer;
    pollfd ready{reader.get(), POLLIN, 0};
    while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
      const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  void fill() const {
    REQUIRE(::fcntl(writer.get(), F_SETFL, O_NONBLOCK) == 0);
    const std::string block(4096, '.');
    while (::write(writer.get(), block.data(), block.size()) > 0) {
    }
    REQUIRE(::fcntl(writer.get(), F_SETFL, 0) == 0);
  }
};

std::string logged(Log::Format format, std::string_view event,
                   std::initializer_list<Log::Field> fields = {}) {
  const Pipe pipe;
  Log log("test", format, Log::Level::debug, pipe.writer.get());
  log.info(event, fields);
  return pipe.read();
}

}  // namespace

TEST_CASE("a line of text names the program, the event and its fields") {
  CHECK(logged(Log::Format::text, "started", {{"pid", "17"}, {"command", "a b"}, {"name", ""}}) ==
        "test: started pid=17 command=\"a b\" name=\"\"\n");
}

TEST_CASE("a line of JSON is one object with the time, the level and the fields") {
  const auto line = nlohmann::json::parse(
      logged(Log::Format::json, "started", {{"command", "say \"hi\""}}), nullptr, false);
  REQUIRE(line.is_object());
  CHECK(line["event"] == "started");
  CHECK(line["level"] == "info");
  CHECK(line["program"] == "test");
  CHECK(line["command"] == "say \"hi\"");
  CHECK(line["time"].get<std::string>().size() == std::string("2026-05-04T12:00:00.123Z").size());
}

TEST_CASE("control bytes cannot forge a line or steer a terminal") {
  for (const auto format : {Log::Format::text, Log::Format::json}) {
    const std::string line = logged(format, "event\nforged: \x1b[2J",
                                    {{"name",
                                      "a\rb\n\x7f\xc2\x9b"
                                      "2J\xff"}});
    INFO(line);
    CHECK(line.find('\n') == line.size() - 1);
    for (const char* banned : {"\r", "\x1b", "\x7f", "\xc2\x9b", "\xff"}) {
      CHECK(line.find(banned) == std::string::npos);
    }
    CHECK(line.find("\\u009b") != std::string::npos);
    CHECK(line.find("\\u007f") != std::string::npos);
  }
}

TEST_CASE("letters of other alphabets stay readable") {
  CHECK(logged(Log::Format::text, "Fähre läuft aus", {{"nach", "Göteborg"}}) ==
        "test: Fähre läuft aus nach=\"Göteborg\"\n");
}

TEST_CASE("lines below the level are not written") {
  const Pipe pipe;
  Log log("test", Log::Format::text, Log::Level::warning, pipe.writer.get());
  log.debug("one");
  log.info("two");
  log.warning("three");
  log.error("four");
  CHECK(pipe.read() == "test: three\ntest: four\n");
  Log silent("test", Log::Format::text, Log::Level::off, pipe.writer.get());
  silent.error("five");
  CHECK(pipe.read().empty());
}

TEST_CASE("a long value is cut, and a line of too many values keeps its event") {
  const std::string cut = logged(Log::Format::text, "event", {{"value", std::string(600, 'x')}});
  CHECK(cut == "test: event value=\"" + std::string(512, 'x') + "…\"\n");

  const std::string block(512, '\x01');
  const std::string line =
      logged(Log::Format::json, "event", {{"a", block}, {"b", block}, {"c", block}});
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  REQUIRE(parsed.is_object());
  CHECK(parsed["event"] == "event");
  CHECK(parsed.contains("fields"));
}

TEST_CASE("a full pipe holds nobody up, and the next line says what was lost") {
  for (const auto format : {Log::Format::text, Log::Format::json}) {
    const Pipe pipe;
    Log log("test", format, Log::Level::info, pipe.writer.get());
    pipe.fill();
    log.info("one");
    log.info("two");
    CHECK(pipe.read().find("one") == std::string::npos);
    log.info("three");
    const std::string line = pipe.read();
    INFO(line);
    const std::string count = format == Log::Format::text ? "count=2\n" : "\"count\":\"2\"}\n";
    CHECK(line.find("log lines were lost") != std::string::npos);
    CHECK(line.find(count) != std::string::npos);
    CHECK(line.find("three") > line.find(count));
    log.info("four");
    CHECK(pipe.read().find("lost") == std::string::npos);
  }
}

TEST_CASE("the app that shares the pipe keeps its blocking descriptor") {
  const Pipe pipe;
  Log log("test", Log::Format::text, Log::Level::info, pipe.writer.get());
  log.info("one");
  CHECK((::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a reader that has gone does not end the program") {
  const auto before = ::signal(SIGPIPE, SIG_DFL);
  Pipe pipe;
  Log log("test", Log::Format::text, Log::Level::info, pipe.writer.get());
  pipe.reader.reset();
  log.info("one");

  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  Log over_socket("test", Log::Format::text, Log::Level::info, ours.get());
  theirs.reset();
  over_socket.info("two");
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(::sigismember(&pending, SIGPIPE) == 0);
  ::signal(SIGPIPE, before);
}

TEST_CASE("a socket that is full holds nobody up") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd ours(ends[0]), theirs(ends[1]);
  Log log("test", Log::Format::text, Log::Level::info, ours.get());
  for (int i = 0; i < 10'000; ++i) log.info("a line that nobody reads");
  std::array<char, 32> start{};
  REQUIRE(::read(theirs.get(), start.data(), start.size() - 1) > 0);
  CHECK(std::string(start.data()).starts_with("test: a line that nobody reads"));
}

TEST_CASE("a closed descriptor and a full disk are survived") {
  Log closed("test", Log::Format::text, Log::Level::info, 987'654);
  closed.error("one");
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  Log on_full_disk("test", Log::Format::text, Log::Level::info, full.get());
  on_full_disk.error("one");
  on_full_disk.error("two");
}

TEST_CASE("lines go to the end of a file that others write to as well") {
  const ScratchTree directory;
  directory.write("log", "");
  const UniqueFd file(::openat(directory.fd(), "log", O_RDWR | O_CLOEXEC));
  Log log("test", Log::Format::text, Log::Level::info, file.get());
  log.info("one");
  REQUIRE(::write(file.get(), "two\n", 4) == 4);
  log.info("three");
  std::array<char, 64> text{};
  REQUIRE(::pread(file.get(), text.data(), text.size() - 1, 0) > 0);
  CHECK(std::string(text.data()) == "test: one\ntwo\ntest: three\n");
}

}  // namespace ops::base
