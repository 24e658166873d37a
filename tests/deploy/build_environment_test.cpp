#include "deploy/build_environment.hpp"

#include "catch.hpp"

using ops::deploy::build_environment;

TEST_CASE("a build sees neither the secrets nor what belongs to the app's process") {
  const char* const environment[] = {"PATH=/bin",
                                     "HELLO_DEPLOYBOT_PWD=secret",
                                     "LISTEN_FDS=1",
                                     "LISTEN_PID=7",
                                     "LISTEN_FDNAMES=web",
                                     "NOTIFY_SOCKET=/run/n",
                                     "WATCHDOG_USEC=1000",
                                     "HELLO_DEPLOYBOT_PWD2=kept",
                                     "EMPTY=",
                                     "NOVALUE",
                                     nullptr};
  CHECK(build_environment(environment, {"HELLO_DEPLOYBOT_PWD", "NOVALUE"}) ==
        std::vector<std::string>{"PATH=/bin", "HELLO_DEPLOYBOT_PWD2=kept", "EMPTY="});
}
