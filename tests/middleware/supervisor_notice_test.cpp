#include "middleware/supervisor_notice.hpp"

#include <chrono>
#include <string>

#include "catch.hpp"
#include "notify_listener.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the supervisor is told by its socket, by path or by abstract name") {
  const TemporaryDirectory directory;
  const std::string abstract = "@" + directory.file("notify");
  for (const std::string& name : {directory.file("notify"), abstract}) {
    const NotifyListener supervisor(name);
    CHECK(send_notice(name, "READY=1\nSTATUS=serving", Delivery::waits).ok());
    CHECK(supervisor.take() == "READY=1\nSTATUS=serving");
    CHECK(send_notice(name, "WATCHDOG=1", Delivery::dropped).ok());
    CHECK(supervisor.take() == "WATCHDOG=1");
  }
}

TEST_CASE("a supervisor that cannot be told is an error that says where it was sought") {
  const TemporaryDirectory directory;
  for (const std::string& socket :
       {std::string(), directory.file("nobody"), "/" + std::string(200, 'x')}) {
    const auto told = send_notice(socket, "READY=1", Delivery::waits);
    REQUIRE_FALSE(told.ok());
    CHECK(told.error().message.starts_with("cannot tell the supervisor"));
  }
  { const NotifyListener gone(directory.file("gone")); }
  const auto told = send_notice(directory.file("gone"), "RESTART=1", Delivery::waits);
  REQUIRE_FALSE(told.ok());
  CHECK(told.error().message.find(directory.file("gone")) != std::string::npos);
}

TEST_CASE("a supervisor that reads nothing holds the app up for a moment at most") {
  const TemporaryDirectory directory;
  const NotifyListener supervisor(directory.file("notify"));
  const auto begin = std::chrono::steady_clock::now();
  int taken = 0;
  while (send_notice(directory.file("notify"), "WATCHDOG=1", Delivery::dropped).ok()) ++taken;
  CHECK(taken > 0);
  CHECK_FALSE(send_notice(directory.file("notify"), "READY=1", Delivery::waits).ok());
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

}  // namespace
}  // namespace ops::middleware
