#include "supervisor/app_environment.hpp"

#include <algorithm>

#include "catch.hpp"

using ops::supervisor::app_environment;
using ops::supervisor::AppFacts;

namespace {

bool has(const std::vector<std::string>& environment, const std::string& entry) {
  return std::ranges::find(environment, entry) != environment.end();
}

}  // namespace

TEST_CASE("an app gets our environment and what applies to it") {
  const auto environment =
      app_environment({"HOME=/root", "PATH=/bin"}, {.notify_socket = "/tmp/x/notify",
                                                    .restart_code = 99,
                                                    .restart_count = 3,
                                                    .listeners = 2,
                                                    .listener_names = "web:unknown",
                                                    .release = "3f9a1c20b7e4",
                                                    .releases = "/srv/releases"});
  CHECK(environment == std::vector<std::string>{
                           "HOME=/root", "PATH=/bin", "NOTIFY_SOCKET=/tmp/x/notify",
                           "OPS_RESTART_CODE=99", "OPS_RESTART_COUNT=3", "LISTEN_FDS=2",
                           "LISTEN_FDNAMES=web:unknown", "LISTEN_PID=", "OPS_RELEASE=3f9a1c20b7e4",
                           "OPS_RELEASES=/srv/releases"});
}

TEST_CASE("what does not apply is not there") {
  CHECK(app_environment({}, AppFacts{}) == std::vector<std::string>{"OPS_RESTART_COUNT=0"});
}

TEST_CASE("an app is told that another follows it beside it, and that another serves still") {
  CHECK(app_environment({"OPS_SUCCESSOR=1"}, {.overlaps = true}) ==
        std::vector<std::string>{"OPS_RESTART_COUNT=0", "OPS_OVERLAP=1"});
  CHECK(app_environment({}, {.overlaps = true, .succeeds = true}) ==
        std::vector<std::string>{"OPS_RESTART_COUNT=0", "OPS_OVERLAP=1", "OPS_SUCCESSOR=1"});
}

TEST_CASE("what was meant for us does not reach the app") {
  const auto environment =
      app_environment({"LISTEN_FDS=1", "LISTEN_PID=17", "LISTEN_FDNAMES=a", "NOTIFY_SOCKET=/run/s",
                       "WATCHDOG_USEC=1", "WATCHDOG_PID=17", "OPS_RESTART_CODE=7",
                       "OPS_RELEASE=old", "OPS_RELEASES=/old", "LISTEN_FDS_OF_MINE=1", "odd"},
                      AppFacts{});
  CHECK(environment ==
        std::vector<std::string>{"LISTEN_FDS_OF_MINE=1", "odd", "OPS_RESTART_COUNT=0"});
  CHECK_FALSE(has(environment, "OPS_RESTART_CODE=7"));
}
