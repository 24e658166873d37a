#include "release/release_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "manual_clock.hpp"
#include "temporary_directory.hpp"

using namespace ops::release;

namespace {

struct LockPlace {
  TemporaryDirectory directory;
  ManualClock clock;
  ops::base::UniqueFd fd = std::move(ops::base::open_directory(directory.path())).value();

  std::optional<ReleaseLock> take() {
    auto lock = ReleaseLock::try_take(fd.get(), clock);
    REQUIRE(lock.ok());
    return std::move(lock).value();
  }
};

}  // namespace

TEST_CASE("the lock is one holder's until it is destroyed") {
  LockPlace place;
  auto lock = place.take();
  REQUIRE(lock);
  CHECK_FALSE(place.take());
  lock.reset();
  CHECK(place.take());
}

TEST_CASE("a lock that is moved is still held") {
  LockPlace place;
  auto lock = place.take();
  std::optional<ReleaseLock> other(std::move(*lock));
  lock.reset();
  CHECK_FALSE(place.take());
  other.reset();
  CHECK(place.take());
}

TEST_CASE("the lock tells who holds it, since when, and in which phase") {
  LockPlace place;
  CHECK_FALSE(read_lock_holder(place.fd.get()));
  auto lock = place.take();
  REQUIRE(read_lock_holder(place.fd.get()));
  CHECK(read_lock_holder(place.fd.get())->deploy.empty());
  const auto since = place.clock.wall();
  place.clock.advance(std::chrono::seconds(7));
  REQUIRE(lock->describe("d-0123456789ab", "extracting").ok());
  REQUIRE(lock->describe("d-0123456789ab", "building").ok());
  const auto holder = read_lock_holder(place.fd.get());
  REQUIRE(holder);
  CHECK(holder->deploy == "d-0123456789ab");
  CHECK(holder->phase == "building");
  CHECK(holder->since == since);
  lock.reset();
  CHECK_FALSE(read_lock_holder(place.fd.get()));
}

TEST_CASE("a holder that is killed leaves the lock free, whatever its file says") {
  LockPlace place;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto lock = ReleaseLock::try_take(place.fd.get(), place.clock);
    const bool taken = lock.ok() && lock->has_value() && (*lock)->describe("d-1", "building").ok();
    if (!taken || ::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK_FALSE(place.take());
  REQUIRE(read_lock_holder(place.fd.get()));
  CHECK(read_lock_holder(place.fd.get())->deploy == "d-1");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK_FALSE(read_lock_holder(place.fd.get()));
  CHECK(place.directory.read("lock").find("d-1") != std::string::npos);
  CHECK(place.take());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("whoever holds the lock without a word is a holder without a name") {
  LockPlace place;
  place.directory.write("lock", "not json");
  const ops::base::UniqueFd other(::open(place.directory.file("lock").c_str(), O_RDWR));
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  CHECK_FALSE(place.take());
  REQUIRE(read_lock_holder(place.fd.get()));
  CHECK(read_lock_holder(place.fd.get())->deploy.empty());
}
