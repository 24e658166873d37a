#include "loop/stream.hpp"

#include <csignal>
#include <memory>

#include "catch.hpp"
#include "loop/connected.hpp"
#include "loop/listen_address.hpp"
#include "loop/timer.hpp"

namespace ops::loop {

TEST_CASE("bytes arrive while reading is on and wait while it is off") {
  Loop loop;
  Connected ends;
  std::string received;
  Stream stream(
      loop, std::move(ends.ours),
      {.on_bytes = [&](auto bytes) { received += bytes; }, .on_end = {}, .on_drained = {}});
  REQUIRE(::write(ends.theirs.get(), "one", 3) == 3);
  loop.run_pending();
  CHECK(received.empty());
  stream.start_reading();
  loop.run_pending();
  CHECK(received == "one");
  stream.stop_reading();
  REQUIRE(::write(ends.theirs.get(), "two", 3) == 3);
  loop.run_pending();
  CHECK(received == "one");
  stream.start_reading();
  loop.run_pending();
  CHECK(received == "onetwo");
}

TEST_CASE("the end of the other side is told once, after its last byte") {
  Loop loop;
  Connected ends;
  std::string told;
  Stream stream(loop, std::move(ends.ours),
                {.on_bytes = [&](auto bytes) { told += bytes; },
                 .on_end = [&] { told += "|end"; },
                 .on_drained = {}});
  stream.start_reading();
  REQUIRE(::write(ends.theirs.get(), "last", 4) == 4);
  ends.theirs.reset();
  for (int i = 0; i < 5; ++i) loop.run_pending();
  stream.start_reading();
  loop.run_pending();
  CHECK(told == "last|end");
}

TEST_CASE("a side that has sent its last byte still gets the answer") {
  Loop loop;
  Connected ends;
  bool ended = false;
  Stream stream(loop, std::move(ends.ours),
                {.on_bytes = {}, .on_end = [&] { ended = true; }, .on_drained = {}});
  stream.start_reading();
  REQUIRE(::shutdown(ends.theirs.get(), SHUT_WR) == 0);
  loop.run_pending();
  REQUIRE(ended);
  stream.write("answer");
  loop.run_pending();
  CHECK(read_now(ends.theirs.get()) == "answer");
}

TEST_CASE("what the kernel does not take at once is queued and drained, whole and in order") {
  Loop loop;
  Connected ends;
  int drained = 0;
  Stream stream(loop, std::move(ends.ours),
                {.on_bytes = {}, .on_end = {}, .on_drained = [&] { ++drained; }});
  std::string sent;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    const std::string piece(300'000, letter);
    sent += piece;
    stream.write(piece);
  }
  CHECK(stream.queued() > 0);
  CHECK(drained == 0);
  std::string received;
  while (received.size() < sent.size()) {
    received += read_now(ends.theirs.get());
    loop.run_pending();
  }
  CHECK(received == sent);
  CHECK(stream.queued() == 0);
  CHECK(drained == 1);
}

TEST_CASE("the end that finish_writing sends comes after all that was written") {
  Loop loop;
  Connected ends;
  Stream stream(loop, std::move(ends.ours), {});
  const std::string large(1'000'000, 'x');
  stream.write(large);
  stream.finish_writing();
  stream.finish_writing();
  std::string received;
  while (received.size() < large.size()) {
    received += read_now(ends.theirs.get());
    loop.run_pending();
  }
  loop.run_pending();
  char byte = 0;
  CHECK(::read(ends.theirs.get(), &byte, 1) == 0);
}

TEST_CASE("a connection that breaks while bytes wait ends the stream, not the program") {
  Loop loop;
  Connected ends;
  int ended = 0, drained = 0;
  Stream stream(loop, std::move(ends.ours),
                {.on_bytes = {}, .on_end = [&] { ++ended; }, .on_drained = [&] { ++drained; }});
  SECTION("queued") {
    stream.write(std::string(1'000'000, 'x'));
    ends.theirs.reset();
  }
  SECTION("at once") {
    ends.theirs.reset();
    stream.write("x");
    CHECK(ended == 0);
  }
  for (int i = 0; i < 3; ++i) loop.run_pending();
  CHECK(ended == 1);
  stream.write("dropped");
  loop.run_pending();
  CHECK(ended == 1);
  CHECK(drained == 0);
  CHECK(stream.queued() == 0);
}

TEST_CASE("a stream may be destroyed in each of its own callbacks") {
  Loop loop;
  Connected ends;
  auto called = std::make_shared<int>(0);
  std::unique_ptr<Stream> stream;
  const auto destroy = [&stream, called] {
    stream.reset();
    ++*called;
  };
  SECTION("of bytes") {
    stream = std::make_unique<Stream>(
        loop, std::move(ends.ours),
        Stream::Events{.on_bytes = [destroy](auto) { destroy(); }, .on_end = {}, .on_drained = {}});
    stream->start_reading();
    REQUIRE(::write(ends.theirs.get(), "x", 1) == 1);
  }
  SECTION("of the end") {
    stream = std::make_unique<Stream>(
        loop, std::move(ends.ours),
        Stream::Events{.on_bytes = {}, .on_end = destroy, .on_drained = {}});
    stream->start_reading();
    ends.theirs.reset();
  }
  SECTION("of a drained queue") {
    stream = std::make_unique<Stream>(
        loop, std::move(ends.ours),
        Stream::Events{.on_bytes = {}, .on_end = {}, .on_drained = destroy});
    stream->write(std::string(1'000'000, 'x'));
    while (stream) {
      static_cast<void>(read_now(ends.theirs.get()));
      loop.run_pending();
    }
  }
  loop.run();
  CHECK(*called == 1);
}

TEST_CASE("a stream that is destroyed with bytes in its queue calls nobody") {
  Loop loop;
  Connected ends;
  bool called = false;
  {
    Stream stream(loop, std::move(ends.ours),
                  {.on_bytes = [&](auto) { called = true; },
                   .on_end = [&] { called = true; },
                   .on_drained = [&] { called = true; }});
    stream.start_reading();
    stream.write(std::string(1'000'000, 'x'));
    stream.finish_writing();
  }
  loop.run();
  CHECK_FALSE(called);
}

TEST_CASE("the peer is an address, or unix") {
  Loop loop;
  const auto listening = ListenAddress::parse("127.0.0.1:0").value().open();
  REQUIRE(listening.ok());
  Stream tcp(loop, connect_to(listening->get()), {});
  CHECK(tcp.peer_address() == "127.0.0.1");
  Connected ends;
  Stream local(loop, std::move(ends.ours), {});
  CHECK(local.peer_address() == "unix");
}

TEST_CASE("the read end of a pipe is a stream too") {
  Loop loop;
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  base::UniqueFd reader(pipe[0]), writer(pipe[1]);
  std::string told;
  Stream stream(loop, std::move(reader),
                {.on_bytes = [&](auto bytes) { told += bytes; },
                 .on_end = [&] { told += "|end"; },
                 .on_drained = {}});
  stream.start_reading();
  REQUIRE(::write(writer.get(), "line", 4) == 4);
  writer.reset();
  for (int i = 0; i < 3; ++i) loop.run_pending();
  CHECK(told == "line|end");
}

}  // namespace ops::loop
