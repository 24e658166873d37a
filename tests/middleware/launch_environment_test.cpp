#include "middleware/launch_environment.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "catch.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the restart code is the supervisor's, and 99 where it says nothing that makes sense") {
  for (const auto& [text, code] : {std::pair{"7", 7}, std::pair{"255", 255}, std::pair{"0", 99},
                                   std::pair{"256", 99}, std::pair{"x", 99}, std::pair{"", 99}}) {
    ::setenv("OPS_RESTART_CODE", text, 1);
    CHECK(read_launch_environment().restart_code == code);
  }
  ::unsetenv("OPS_RESTART_CODE");
  CHECK(read_launch_environment().restart_code == 99);
}

TEST_CASE("another process serves meanwhile only where the supervisor says so") {
  ::setenv("OPS_SUCCESSOR", "1", 1);
  CHECK(read_launch_environment().succeeds);
  ::unsetenv("OPS_SUCCESSOR");
  CHECK_FALSE(read_launch_environment().succeeds);
}

TEST_CASE("the next process is started beside this one only where the supervisor says so") {
  for (const auto& [text, overlaps] :
       {std::pair{"1", true}, std::pair{"0", false}, std::pair{"", false}}) {
    ::setenv("OPS_OVERLAP", text, 1);
    CHECK(read_launch_environment().overlaps == overlaps);
  }
  ::unsetenv("OPS_OVERLAP");
  CHECK_FALSE(read_launch_environment().overlaps);
}

TEST_CASE("a watchdog counts when it waits for this process, or for whichever it is") {
  ::setenv("WATCHDOG_USEC", "500000", 1);
  CHECK(read_launch_environment().watchdog == 500ms);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  CHECK(read_launch_environment().watchdog == 500ms);
  ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
  CHECK(read_launch_environment().watchdog == 0us);
  ::unsetenv("WATCHDOG_PID");
  for (const char* text : {"0", "-1", "x", "", "99999999999999999999"}) {
    ::setenv("WATCHDOG_USEC", text, 1);
    CHECK(read_launch_environment().watchdog == 0us);
  }
  ::unsetenv("WATCHDOG_USEC");
  CHECK(read_launch_environment().watchdog == 0us);
}

}  // namespace
}  // namespace ops::middleware
