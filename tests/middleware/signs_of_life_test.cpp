#include "middleware/signs_of_life.hpp"

#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>

#include "catch.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/timer.hpp"
#include "notify_listener.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

/// A supervisor, told in the loop of the one who gives the signs, which stops after so many or
/// after half a minute.
class CountingSupervisor {
 public:
  CountingSupervisor(loop::Loop& loop, int awaited)
      : watcher_(loop, listener_.descriptor(),
                 [this, &loop, awaited] {
                   while (listener_.take() == "WATCHDOG=1") ++signs_;
                   if (signs_ >= awaited) loop.stop();
                 }),
        limit_(loop, [&loop] { loop.stop(); }) {
    limit_.start(30s);
  }

  [[nodiscard]] std::string address() const { return directory_.file("notify"); }
  [[nodiscard]] int signs() const { return signs_; }

 private:
  TemporaryDirectory directory_;
  NotifyListener listener_{directory_.file("notify")};
  int signs_ = 0;
  loop::FdWatcher watcher_;
  loop::Timer limit_;
};

TEST_CASE("two signs of life go out in each interval, the first at once") {
  loop::Loop loop;
  const CountingSupervisor supervisor(loop, 5);
  SignsOfLife life(loop, supervisor.address());
  const auto begin = std::chrono::steady_clock::now();
  life.begin(100ms);
  loop.run();
  CHECK(supervisor.signs() >= 5);
  // The fifth comes after four halves.
  CHECK(std::chrono::steady_clock::now() - begin >= 190ms);
  CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("a process that is out of descriptors gives its signs of life all the same") {
  loop::Loop loop;
  const CountingSupervisor supervisor(loop, 3);
  SignsOfLife life(loop, supervisor.address());
  life.begin(20ms);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none_left{.rlim_cur = 0, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  loop.run();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(supervisor.signs() >= 3);
}

TEST_CASE("an interval that is too short to be halved is served as often as can be") {
  const TemporaryDirectory directory;
  const NotifyListener supervisor(directory.file("notify"));
  loop::Loop loop;
  SignsOfLife life(loop, directory.file("notify"));
  life.begin(1us);
  CHECK(supervisor.take() == "WATCHDOG=1");
}

TEST_CASE("where nobody watches there are no signs of life, and no loop is kept alive by them") {
  const TemporaryDirectory directory;
  const NotifyListener supervisor(directory.file("notify"));
  loop::Loop loop;
  SignsOfLife none(loop, directory.file("notify"));
  none.begin(0us);
  loop.run();
  CHECK(supervisor.take().empty());
  SignsOfLife some(loop, directory.file("notify"));
  some.begin(1h);
  loop.run();
  CHECK(supervisor.take() == "WATCHDOG=1");
  SignsOfLife nowhere(loop, "");
  nowhere.begin(1h);
  loop.run();
}

}  // namespace
}  // namespace ops::middleware
