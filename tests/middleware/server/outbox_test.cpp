#include "middleware/server/outbox.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"

using namespace ops;
using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

/// An outbox, its stream, and the client's end of it.
struct Sending {
  loop::Loop loop;
  base::UniqueFd client;
  std::unique_ptr<loop::Stream> stream;
  Outbox::Time start = loop.now();
  Outbox outbox{start};

  Sending() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    client.reset(ends[0]);
    stream = std::make_unique<loop::Stream>(loop, base::UniqueFd(ends[1]), loop::Stream::Events{});
  }

  /// Until the socket is full and the rest waits in user space.
  void fill() {
    while (stream->queued() == 0) {
      outbox.bytes() += std::string(1'000'000, 'x');
      outbox.flush(*stream);
    }
  }
  std::string read() {
    std::string text(100'000, '\0');
    const ssize_t got = ::read(client.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    loop.run_pending();
    return text;
  }
};

}  // namespace

TEST_CASE("what is gathered is sent in one piece by a flush") {
  Sending sending;
  sending.outbox.bytes() += "one ";
  sending.outbox.bytes() += "two";
  CHECK(sending.outbox.queued(*sending.stream) == 7);
  CHECK(sending.read().empty());
  sending.outbox.flush(*sending.stream);
  CHECK(sending.outbox.queued(*sending.stream) == 0);
  CHECK(sending.read() == "one two");
}

TEST_CASE("a client that takes nothing is stalled, one that takes a little is not") {
  Sending sending;
  sending.fill();
  Outbox& outbox = sending.outbox;
  const auto at = [&sending](std::chrono::milliseconds time) { return sending.start + time; };
  CHECK(outbox.stalled_for(*sending.stream, at(1s)) == 0s);
  CHECK(outbox.stalled_for(*sending.stream, at(3s)) == 2s);
  const std::size_t before = sending.stream->queued();
  while (sending.stream->queued() == before) REQUIRE_FALSE(sending.read().empty());
  CHECK(outbox.stalled_for(*sending.stream, at(4s)) == 0s);
  CHECK(outbox.stalled_for(*sending.stream, at(5s)) == 1s);
}

TEST_CASE("a client that has taken everything is never stalled") {
  Sending sending;
  sending.outbox.bytes() += "all";
  sending.outbox.flush(*sending.stream);
  CHECK(sending.outbox.stalled_for(*sending.stream, sending.start + 1h) == 0s);
}
