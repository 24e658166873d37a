#include "supervisor/outer_notify.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/fd_watcher.hpp"
#include "manual_clock.hpp"
#include "supervisor/notification.hpp"
#include "supervisor/notify_address.hpp"
#include "supervisor/notify_socket.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using namespace ops::supervisor;
using ops::base::UniqueFd;
using ops::loop::FdWatcher;
using ops::loop::Loop;
using ops::loop::Timer;
using Messages = std::vector<std::string>;

/// The socket of whoever is above us.
class Above {
 public:
  explicit Above(const std::string& address)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    const auto bound = notify_address(address);
    REQUIRE(bound);
    REQUIRE(::bind(socket_.get(), bound->native(), bound->length) == 0);
  }

  [[nodiscard]] int fd() const { return socket_.get(); }

  /// What has come by now.
  [[nodiscard]] Messages heard() const {
    Messages messages;
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
      if (size < 0) return messages;
      messages.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    }
  }

  /// Runs the loop until `count` messages have come, or a failure's worth of time has gone.
  [[nodiscard]] Messages await(Loop& loop, std::size_t count) const {
    Messages messages;
    Timer patience(loop, [&loop] { loop.stop(); });
    patience.start(20s);
    FdWatcher watcher(loop, socket_.get(), [&] {
      for (std::string& message : heard()) messages.push_back(std::move(message));
      if (messages.size() >= count) loop.stop();
    });
    loop.run();
    return messages;
  }

 private:
  UniqueFd socket_;
};

struct Told {
  TemporaryDirectory directory;
  Loop loop;
  ManualClock clock;
  std::string address = directory.file("above");
  Messages failures;

  [[nodiscard]] std::unique_ptr<OuterNotify> told(const OuterSupervisor& above) {
    return std::make_unique<OuterNotify>(loop, clock, above, [this](const ops::Error& failure) {
      failures.push_back(failure.message);
    });
  }
  [[nodiscard]] std::unique_ptr<OuterNotify> told() { return told({.notify_socket = address}); }
};

/// Sends until the queue is full; how often that was.
std::size_t fill(const std::string& address) {
  const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto target = notify_address(address);
  std::size_t sent = 0;
  while (::sendto(sender.get(), "X=1", 3, 0, target->native(), target->length) == 3) ++sent;
  REQUIRE(errno == EAGAIN);
  return sent;
}

}  // namespace

TEST_CASE("the supervisor above is told each thing in its words") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  outer->extend_timeout(90s);
  outer->status("starting");
  outer->ready();
  outer->reloading();
  outer->ready();
  outer->stopping();
  CHECK(above.heard() == Messages{"EXTEND_TIMEOUT_USEC=90000000", "STATUS=starting", "READY=1",
                                  "RELOADING=1\nMONOTONIC_USEC=3600000000", "READY=1",
                                  "STOPPING=1"});
  CHECK(test.failures.empty());
}

TEST_CASE("a reload is dated by the clock that the supervisor above reads") {
  const auto monotonic = [] {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
  };
  Told test;
  const Above above(test.address);
  const ops::base::SystemClock clock;
  OuterNotify outer(test.loop, clock, {.notify_socket = test.address});
  const auto before = monotonic();
  outer.reloading();
  const auto after = monotonic();
  const Messages heard = above.heard();
  REQUIRE(heard.size() == 1);
  const long long dated = std::stoll(heard[0].substr(heard[0].rfind('=') + 1));
  CHECK(dated >= before);
  CHECK(dated <= after);
}

TEST_CASE("the supervisor above may have an abstract address") {
  Told test;
  const std::string address = "@outer-notify-test/" + std::to_string(::getpid());
  const Above above(address);
  test.told({.notify_socket = address})->ready();
  CHECK(above.heard() == Messages{"READY=1"});
}

TEST_CASE("another server-runner understands what it is told") {
  Told test;
  std::vector<Notification> heard;
  auto above = NotifySocket::open(
      test.loop, [&heard](pid_t, const Notification& said) { heard.push_back(said); });
  REQUIRE(above.ok());
  (*above)->listen_to(::getpgrp());
  const auto outer = test.told({.notify_socket = (*above)->address()});
  outer->ready();
  outer->reloading();
  outer->extend_timeout(2s);
  outer->status("up");
  (*above)->read_pending();
  CHECK(heard ==
        std::vector<Notification>{
            {.ready = true}, {.reloading = true}, {.extend_timeout = 2s}, {.status = "up"}});
}

TEST_CASE("with nobody above nothing is done, and the loop is not kept going") {
  Told test;
  const auto outer = test.told({.watchdog_usec = "1000"});
  outer->ready();
  outer->reloading();
  outer->status("up");
  outer->extend_timeout(1s);
  outer->stopping();
  test.loop.run();
  CHECK(test.failures.empty());
}

TEST_CASE("a status is one line that can be shown, so nothing else can be said with it") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  outer->status("up\nREADY=1");
  outer->status("");
  outer->status(std::string(300, 'x'));
  CHECK(above.heard() ==
        Messages{"STATUS=up?READY=1", "STATUS=", "STATUS=" + std::string(256, 'x')});
}

TEST_CASE("no time is not extended by nothing or less") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  outer->extend_timeout(0us);
  outer->extend_timeout(-1us);
  outer->extend_timeout(1us);
  CHECK(above.heard() == Messages{"EXTEND_TIMEOUT_USEC=1"});
}

TEST_CASE("the watchdog above is told twice in its interval, and keeps no loop going") {
  Told test;
  const Above above(test.address);
  const std::string pid = GENERATE(std::string(), std::to_string(::getpid()));
  const auto outer =
      test.told({.notify_socket = test.address, .watchdog_usec = "40000", .watchdog_pid = pid});
  test.loop.run();
  CHECK(above.heard().empty());
  const auto before = std::chrono::steady_clock::now();
  CHECK(above.await(test.loop, 3) == Messages{"WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"});
  CHECK(std::chrono::steady_clock::now() - before >= 40ms);
}

TEST_CASE("a watchdog is told after each half of its interval, or as often as a timer can") {
  const auto period = [](const char* usec, const char* pid) {
    return watchdog_period({.notify_socket = "/above", .watchdog_usec = usec, .watchdog_pid = pid},
                           17);
  };
  CHECK(period("30000000", "") == 15s);
  CHECK(period("30000000", "17") == 15s);
  CHECK(period("5999", "") == 2ms);
  CHECK(period("1999", "") == 1ms);
  CHECK(period("1", "") == 1ms);
  CHECK(period("9223372036854775807", ""));
  for (const char* usec : {"", "0", "-4000", "+4000", "4000us", " 4000", "18446744073709551615"}) {
    CHECK_FALSE(period(usec, ""));
  }
  for (const char* pid : {"1", "-17", "17 ", "none", "99999999999999999999"}) {
    CHECK_FALSE(period("30000000", pid));
  }
  CHECK_FALSE(watchdog_period({.watchdog_usec = "30000000"}, 17));
}

TEST_CASE("a watchdog that is set for another process is not told") {
  Told test;
  const Above above(test.address);
  const std::string another = test.directory.file("another");
  const Above not_told(another);
  const auto outer = test.told({.notify_socket = test.address, .watchdog_usec = "4000"});
  const auto silent =
      test.told({.notify_socket = another, .watchdog_usec = "4000", .watchdog_pid = "1"});
  CHECK(above.await(test.loop, 5).size() >= 5);
  CHECK(not_told.heard().empty());
}

TEST_CASE("only the first failure is told, and what is said later arrives when it can") {
  Told test;
  const auto outer = test.told();
  outer->ready();
  outer->status("up");
  CHECK(test.failures == Messages{"cannot tell the supervisor above at " + test.address +
                                  ": No such file or directory"});
  const Above above(test.address);
  outer->stopping();
  CHECK(above.heard() == Messages{"STOPPING=1"});
  CHECK(test.failures.size() == 1);
}

TEST_CASE("a supervisor above that has gone is a failure like any other") {
  Told test;
  { const Above above(test.address); }
  const auto outer = test.told();
  outer->ready();
  CHECK(test.failures ==
        Messages{"cannot tell the supervisor above at " + test.address + ": Connection refused"});
}

TEST_CASE("an address that cannot be one is told once") {
  for (const std::string& address :
       {std::string("vsock:2:1234"), std::string("notify"), "/" + std::string(107, 'a')}) {
    Told test;
    const auto outer = test.told({.notify_socket = address});
    outer->ready();
    outer->stopping();
    CHECK(test.failures == Messages{"cannot tell the supervisor above at " + address +
                                    ": no path and no abstract address"});
  }
}

TEST_CASE("nobody needs to hear of failures") {
  Told test;
  OuterNotify outer(test.loop, test.clock, {.notify_socket = test.address});
  outer.ready();
  outer.stopping();
}

TEST_CASE("who is told of a failure may destroy what has failed") {
  Told test;
  std::unique_ptr<OuterNotify> outer;
  int told = 0;
  const auto fails = [&](const ops::Error&) {
    ++told;
    outer.reset();
  };
  outer = std::make_unique<OuterNotify>(
      test.loop, test.clock,
      OuterSupervisor{.notify_socket = test.address, .watchdog_usec = "2000"}, fails);
  SECTION("while something is said") { outer->ready(); }
  SECTION("while the watchdog is told") {
    Timer keeps_going(test.loop, [] {});
    keeps_going.start(20s);
    Timer looks(test.loop, [&] {
      if (told > 0) test.loop.stop();
    });
    looks.start_repeating(1ms);
    test.loop.run();
  }
  CHECK(told == 1);
  CHECK(outer == nullptr);
}

TEST_CASE("a full queue blocks nobody: the last word of each kind is sent when there is room") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  const std::size_t before = fill(test.address);
  outer->ready();
  outer->status("a");
  outer->reloading();
  outer->status("b");
  outer->ready();
  CHECK(test.failures.empty());
  CHECK(above.heard().size() == before);
  CHECK(above.await(test.loop, 3) ==
        Messages{"RELOADING=1\nMONOTONIC_USEC=3600000000", "STATUS=b", "READY=1"});
  outer->stopping();
  CHECK(above.heard() == Messages{"STOPPING=1"});
}

TEST_CASE("what waits is not overtaken by what is said when there is room") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  const std::size_t before = fill(test.address);
  outer->ready();
  CHECK(above.heard().size() == before);
  outer->stopping();
  CHECK(above.heard().empty());
  CHECK(above.await(test.loop, 2) == Messages{"READY=1", "STOPPING=1"});
}

TEST_CASE("what finds the queue full a second time is sent still later") {
  Told test;
  const Above above(test.address);
  const auto outer = test.told();
  const std::size_t before = fill(test.address);
  outer->status("up");
  outer->ready();
  char byte = 0;
  REQUIRE(::recv(above.fd(), &byte, 1, 0) == 1);
  // After the first try there is room again.
  Messages first;
  Timer drains(test.loop, [&] {
    first = above.heard();
    test.loop.stop();
  });
  drains.start(150ms);
  test.loop.run();
  REQUIRE(first.size() == before);
  CHECK(first.back() == "STATUS=up");
  CHECK(above.await(test.loop, 1) == Messages{"READY=1"});
}

TEST_CASE("what waits for a full queue keeps no loop going, and may be given up") {
  Told test;
  const Above above(test.address);
  auto outer = test.told();
  const std::size_t before = fill(test.address);
  outer->stopping();
  test.loop.run();
  outer.reset();
  CHECK(above.heard().size() == before);
}

TEST_CASE("what waited fails when the supervisor above has gone meanwhile") {
  Told test;
  auto above = std::make_unique<Above>(test.address);
  const auto outer = test.told();
  fill(test.address);
  outer->ready();
  CHECK(test.failures.empty());
  above.reset();
  Timer looks(test.loop, [&] {
    if (!test.failures.empty()) test.loop.stop();
  });
  looks.start_repeating(1ms);
  test.loop.run();
  CHECK(test.failures.size() == 1);
}
