#include "middleware/server/descriptor_limit.hpp"

#include <sys/resource.h>

#include "catch.hpp"

using namespace ops::middleware;

namespace {

/// The process's limit, put back at the end.
struct Limit {
  rlimit before{};

  Limit() { REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { ::setrlimit(RLIMIT_NOFILE, &before); }

  void set_soft(rlim_t soft) const {
    const rlimit limit{.rlim_cur = soft, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  static rlim_t soft() {
    rlimit now{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &now) == 0);
    return now.rlim_cur;
  }
};

}  // namespace

TEST_CASE("the limit of descriptors is raised to what the connections need, and no further") {
  const Limit limit;
  if (limit.before.rlim_max < 1000) {
    WARN("skipped: the hard limit is below 1,000");
    return;
  }
  limit.set_soft(300);
  CHECK(make_room_for_connections(500) == 500);
  CHECK(Limit::soft() >= 564);
  CHECK(Limit::soft() < 700);
  CHECK(make_room_for_connections(100) == 100);
  CHECK(Limit::soft() >= 564);
}

TEST_CASE("there are no more connections than the hard limit of descriptors allows") {
  const Limit limit;
  if (limit.before.rlim_max > 10'000'000) {
    WARN("skipped: there is no hard limit");
    return;
  }
  CHECK(make_room_for_connections(20'000'000) == limit.before.rlim_max - 64);
}
