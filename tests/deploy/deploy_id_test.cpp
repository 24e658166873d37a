#include "deploy/deploy_id.hpp"

#include <set>

#include "catch.hpp"
#include "manual_clock.hpp"

using namespace ops::deploy;

TEST_CASE("deploy ids sort by time and differ within a millisecond") {
  ManualClock clock;
  std::set<std::string> ids;
  std::string last;
  for (int n = 0; n < 100; ++n) {
    const std::string id = new_deploy_id(clock);
    CHECK(is_deploy_id(id));
    CHECK(id > last);
    CHECK(ids.insert(id).second);
    CHECK(ids.insert(new_deploy_id(clock)).second);
    last = *ids.rbegin();
    clock.advance(std::chrono::milliseconds(1));
  }
}

TEST_CASE("what is no deploy id is never looked up") {
  const std::string good = "d-0123456789abcdef0123";
  CHECK(is_deploy_id(good));
  for (const std::string& bad :
       {std::string(), std::string("d-"), std::string("d-../../../../etc/pas"), good + "0",
        good.substr(0, 21), "D" + good.substr(1), good.substr(0, 21) + "G",
        good.substr(0, 21) + "/", good.substr(0, 21) + std::string(1, '\0')}) {
    INFO(bad);
    CHECK_FALSE(is_deploy_id(bad));
  }
}
