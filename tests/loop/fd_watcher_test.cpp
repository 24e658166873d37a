#include "loop/fd_watcher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/unique_fd.hpp"
#include "catch.hpp"

namespace ops::loop {
namespace {

struct Pipe {
  base::UniqueFd reader, writer;

  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  void put() const { REQUIRE(::write(writer.get(), "x", 1) == 1); }
  void take() const {
    char byte = 0;
    REQUIRE(::read(reader.get(), &byte, 1) == 1);
  }
};

}  // namespace

TEST_CASE("the callback comes again and again while there is something to read") {
  Loop loop;
  const Pipe pipe;
  int called = 0;
  FdWatcher watcher(loop, pipe.reader.get(), [&] {
    if (++called == 3) pipe.take();
  });
  loop.run_pending();
  CHECK(called == 0);
  pipe.put();
  for (int i = 0; i < 5; ++i) loop.run_pending();
  CHECK(called == 3);
}

TEST_CASE("the end of the other side counts as readable") {
  Loop loop;
  Pipe pipe;
  int called = 0;
  FdWatcher watcher(loop, pipe.reader.get(), [&] { ++called; });
  pipe.writer.reset();
  loop.run_pending();
  CHECK(called > 0);
}

TEST_CASE("a watcher that was stopped calls again when it is started") {
  Loop loop;
  const Pipe pipe;
  int called = 0;
  FdWatcher watcher(loop, pipe.reader.get(), [&] { ++called; });
  watcher.stop();
  pipe.put();
  loop.run_pending();
  CHECK(called == 0);
  watcher.start();
  loop.run_pending();
  CHECK(called == 1);
}

TEST_CASE("a watcher may be destroyed in its own callback, and the descriptor watched again") {
  Loop loop;
  const Pipe pipe;
  pipe.put();
  auto called = std::make_shared<int>(0);
  std::unique_ptr<FdWatcher> watcher;
  watcher = std::make_unique<FdWatcher>(loop, pipe.reader.get(), [&watcher, called] {
    watcher.reset();
    ++*called;
  });
  loop.run();
  CHECK(*called == 1);
  int again = 0;
  FdWatcher second(loop, pipe.reader.get(), [&] { ++again; });
  loop.run_pending();
  CHECK(again == 1);
}

TEST_CASE("a descriptor watcher can be told not to keep the loop running") {
  Loop loop;
  const Pipe pipe;
  FdWatcher watcher(loop, pipe.reader.get(), [] {});
  watcher.do_not_keep_loop_alive();
  loop.run();
}

}  // namespace ops::loop
