#include "ops/result.hpp"

#include <memory>
#include <string>

#include "catch.hpp"

namespace ops {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{"cannot halve " + std::to_string(number), {}};
  return number / 2;
}

}  // namespace

TEST_CASE("a result is a value or the reason why there is none") {
  const Result<int> good = half(4);
  REQUIRE(good.ok());
  CHECK(good.value() == 2);
  CHECK(*good == 2);

  const Result<int> bad = half(3);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message == "cannot halve 3");
}

TEST_CASE("a value that cannot be copied is moved out") {
  Result<std::unique_ptr<int>> made(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(made).value();
  CHECK(*taken == 7);
}

TEST_CASE("a result without a value says whether it was done") {
  const Result<void> done;
  CHECK(done.ok());
  Result<void> failed = Error{"cannot do it", {}};
  CHECK_FALSE(failed.ok());
  const Error reason = std::move(failed).error();
  CHECK(reason.message == "cannot do it");
}

}  // namespace ops
