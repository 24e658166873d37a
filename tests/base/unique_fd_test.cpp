#include "base/unique_fd.hpp"

#include <fcntl.h>

#include "catch.hpp"

namespace ops::base {
namespace {

int open_something() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("a descriptor is closed when its owner goes") {
  const int number = open_something();
  {
    const UniqueFd owner(number);
    CHECK(owner);
    CHECK(owner.get() == number);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("moving hands the descriptor over and closes what was held") {
  const int first = open_something(), second = open_something();
  UniqueFd one(first), two(second);
  one = std::move(two);
  CHECK_FALSE(is_open(first));
  CHECK(one.get() == second);
  const UniqueFd three(std::move(one));
  CHECK(three.get() == second);
  CHECK(is_open(second));
}

TEST_CASE("a released descriptor stays open and is the caller's") {
  UniqueFd owner(open_something());
  UniqueFd next(owner.release());
  CHECK_FALSE(owner);
  CHECK(is_open(next.get()));
  const int number = next.get();
  next.reset();
  CHECK_FALSE(is_open(number));
  CHECK_FALSE(next);
}

}  // namespace ops::base
