#include "supervisor/notification.hpp"

#include <limits>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace {

using ops::supervisor::Notification;
using ops::supervisor::parse_notification;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::string_view hundred_years = "3155695200000000";

std::string with(std::string_view name, std::string_view value) {
  return std::string(name) + std::string(value);
}

}  // namespace

TEST_CASE("each word of a notification says one thing") {
  CHECK(parse_notification("READY=1") == Notification{.ready = true});
  CHECK(parse_notification("RELOADING=1") == Notification{.reloading = true});
  CHECK(parse_notification("STOPPING=1") == Notification{.stopping = true});
  CHECK(parse_notification("RESTART=1") == Notification{.restart = true});
  CHECK(parse_notification("WATCHDOG=1") == Notification{.watchdog = true});
  CHECK(parse_notification("WATCHDOG=trigger") == Notification{.watchdog_trigger = true});
}

TEST_CASE("each value of a notification is read") {
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=1500000") ==
        Notification{.extend_timeout = 1500ms});
  CHECK(parse_notification("WATCHDOG_USEC=20000000") == Notification{.watchdog_interval = 20s});
  CHECK(parse_notification("MAINPID=4711") == Notification{.main_pid = 4711});
  CHECK(parse_notification("STATUS=two words") == Notification{.status = "two words"});
}

TEST_CASE("several lines say several things, whatever their order") {
  const Notification all{.ready = true,
                         .reloading = true,
                         .stopping = true,
                         .restart = true,
                         .watchdog = true,
                         .watchdog_trigger = true,
                         .extend_timeout = 1us,
                         .watchdog_interval = 2us,
                         .main_pid = 3,
                         .status = "up"};
  CHECK(parse_notification("READY=1\nRELOADING=1\nSTOPPING=1\nRESTART=1\nWATCHDOG=1\n"
                           "WATCHDOG=trigger\nEXTEND_TIMEOUT_USEC=1\nWATCHDOG_USEC=2\nMAINPID=3\n"
                           "STATUS=up") == all);
  CHECK(parse_notification("STATUS=up\nMAINPID=3\nWATCHDOG_USEC=2\nEXTEND_TIMEOUT_USEC=1\n"
                           "WATCHDOG=trigger\nWATCHDOG=1\nRESTART=1\nSTOPPING=1\nRELOADING=1\n"
                           "READY=1\n") == all);
}

TEST_CASE("empty lines, and the last one's end, mean nothing") {
  CHECK(parse_notification("\n\nREADY=1\n\n") == Notification{.ready = true});
  CHECK(parse_notification("READY=1\n") == Notification{.ready = true});
  CHECK(parse_notification("\n\n") == Notification{});
  CHECK(parse_notification("") == Notification{});
}

TEST_CASE("a line that is not exactly a word is passed over, and the next one is read") {
  for (const char* line : {"READY",       "READY=",       "READY=0",
                           "READY=11",    "READY=1 ",     " READY=1",
                           "READY = 1",   "READY=1\r",    "ready=1",
                           "XREADY=1",    "READY=yes",    "=1",
                           "=",           "RELOADING=2",  "STOPPING=true",
                           "RESTART=0",   "WATCHDOG=0",   "WATCHDOG=Trigger",
                           "WATCHDOG",    "\xff\xfe\x01", "MONOTONIC_USEC=17",
                           "BARRIER=1",   "FDSTORE=1",    "ERRNO=2",
                           "X_ANYTHING=1"}) {
    INFO(line);
    CHECK(parse_notification(line) == Notification{});
    CHECK(parse_notification(line + "\nREADY=1"s) == Notification{.ready = true});
    CHECK(parse_notification("READY=1\n"s + line) == Notification{.ready = true});
  }
}

TEST_CASE("a value that is no plain number is passed over") {
  for (const char* name : {"EXTEND_TIMEOUT_USEC=", "WATCHDOG_USEC=", "MAINPID="}) {
    for (const char* value :
         {"", "+5", "-5", " 5", "5 ", "5s", "0x5", "5.0", "5e3", "five", "5\t",
          "18446744073709551615", "18446744073709551616", "99999999999999999999999",
          "9223372036854775808", "-9223372036854775808", "-0", "\xd9\xa5"}) {
      INFO(name << value);
      CHECK(parse_notification(with(name, value)) == Notification{});
    }
  }
  CHECK(parse_notification("MAINPID=00012") == Notification{.main_pid = 12});
}

TEST_CASE("a span is at most a hundred years, so that it can be added to any time") {
  const Notification extended = parse_notification(with("EXTEND_TIMEOUT_USEC=", hundred_years));
  REQUIRE(extended.extend_timeout);
  const auto now = std::chrono::steady_clock::now();
  CHECK(now + *extended.extend_timeout > now);
  CHECK(parse_notification(with("WATCHDOG_USEC=", hundred_years)).watchdog_interval);
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=3155695200000001") == Notification{});
  CHECK(parse_notification("WATCHDOG_USEC=3155695200000001") == Notification{});
}

TEST_CASE("nothing is extended by 0, but a watchdog of 0 is turned off") {
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=0") == Notification{});
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=1") == Notification{.extend_timeout = 1us});
  CHECK(parse_notification("WATCHDOG_USEC=0") == Notification{.watchdog_interval = 0us});
}

TEST_CASE("a main process has a number that a process can have") {
  CHECK(parse_notification("MAINPID=0") == Notification{});
  CHECK(parse_notification("MAINPID=1") == Notification{.main_pid = 1});
  CHECK(parse_notification("MAINPID=2147483647") ==
        Notification{.main_pid = std::numeric_limits<pid_t>::max()});
  CHECK(parse_notification("MAINPID=2147483648") == Notification{});
  CHECK(parse_notification("MAINPID=4294967297") == Notification{});
}

TEST_CASE("of values that are said twice the first one that makes sense counts") {
  CHECK(parse_notification("STATUS=a\nSTATUS=b") == Notification{.status = "a"});
  CHECK(parse_notification("STATUS=\nSTATUS=b") == Notification{.status = ""});
  CHECK(parse_notification("MAINPID=7\nMAINPID=8") == Notification{.main_pid = 7});
  CHECK(parse_notification("MAINPID=x\nMAINPID=8") == Notification{.main_pid = 8});
  CHECK(parse_notification("WATCHDOG_USEC=7\nWATCHDOG_USEC=8") ==
        Notification{.watchdog_interval = 7us});
  CHECK(parse_notification("EXTEND_TIMEOUT_USEC=-7\nEXTEND_TIMEOUT_USEC=8") ==
        Notification{.extend_timeout = 8us});
  CHECK(parse_notification("READY=1\nREADY=1\nREADY=0") == Notification{.ready = true});
}

TEST_CASE("a status is made fit to be shown, and an empty one is one") {
  CHECK(parse_notification("STATUS=") == Notification{.status = ""});
  CHECK(parse_notification("STATUS=a=b") == Notification{.status = "a=b"});
  CHECK(parse_notification("STATUS=\x1b[2Jgone\xff") == Notification{.status = "?[2Jgone?"});
  CHECK(parse_notification("STATUS=" + std::string(2000, 'x')) ==
        Notification{.status = std::string(256, 'x')});
}

TEST_CASE("what follows a NUL is passed over, so the end of a C string does no harm") {
  CHECK(parse_notification("READY=1\0"s) == Notification{.ready = true});
  CHECK(parse_notification("READY=1\nSTATUS=up\0STOPPING=1\nSTOPPING=1"s) ==
        Notification{.ready = true, .status = "up"});
  CHECK(parse_notification("\0READY=1"s) == Notification{});
  CHECK(parse_notification("READY\0=1"s) == Notification{});
}
