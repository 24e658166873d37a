#include "supervisor/output_relay.hpp"

#include "relayed_output.hpp"

using ops::base::UniqueFd;
using ops::supervisor::OutputRelay;

TEST_CASE("draining is over once what was there has been carried, though more and more comes") {
  Pipe pipe;
  Pipe tap;
  const UniqueFd target(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  ops::loop::Loop loop;
  // Whatever is seen on its way is written once more: the pipe is never empty.
  int seen = 0;
  OutputRelay relay(loop, std::move(pipe.reading), target.get(),
                    {.pipe = {std::move(tap.reading), std::move(tap.writing)},
                     .on_bytes = [&](std::string_view bytes) {
                       // Otherwise a drain without an end would be a test without one.
                       if (++seen < 1000) write_all(pipe.writing.get(), bytes);
                     }});
  REQUIRE(write_all(pipe.writing.get(), "again\n"));
  for (int i = 0; i < 10; ++i) CHECK(relay.drain(std::chrono::steady_clock::now()));
  CHECK(seen < 100);
  CHECK_FALSE(relay.ended());
}

TEST_CASE("without a tap bytes are carried all the same") {
  Pipe pipe;
  const Pipe target;
  ops::loop::Loop loop;
  OutputRelay relay(loop, std::move(pipe.reading), target.writing.get(), {});
  REQUIRE(write_all(pipe.writing.get(), "bytes"));
  pipe.writing.reset();
  CHECK(relay.drain(std::chrono::steady_clock::now()));
  CHECK(relay.ended());
  CHECK(read_exactly(target.reading.get(), 5) == "bytes");
}
