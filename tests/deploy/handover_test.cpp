#include "deploy/handover.hpp"

#include "catch.hpp"

using namespace ops::deploy;
using namespace std::chrono_literals;

namespace {

const Handover::Time start{1h};

}  // namespace

TEST_CASE("a handover is over when the journal tells the end and nobody holds the lock") {
  Handover handover("d-1", "3f9a1c20b7e4", start);
  handover.look({.at = start});
  CHECK_FALSE(handover.is_over());
  handover.look({.lock_is_held = true, .journal_tells_the_end = true, .at = start});
  CHECK_FALSE(handover.is_over());
  handover.look({.journal_tells_the_end = true, .at = start});
  CHECK(handover.is_over());
}

TEST_CASE("a lock that comes and goes between two looks makes no difference") {
  Handover handover("d-1", "3f9a1c20b7e4", start);
  handover.look({.journal_tells_the_end = true, .at = start});
  CHECK(handover.is_over());
}

TEST_CASE("where the disk takes no word of the end, the lock tells it") {
  Handover handover("d-1", "3f9a1c20b7e4", start);
  handover.look({.lock_is_held = true, .at = start});
  CHECK_FALSE(handover.is_over());
  handover.look({.at = start + 1h});
  CHECK(handover.is_over());
}

TEST_CASE("a supervisor that takes its time before it takes the lock is waited for") {
  Handover handover("d-1", "3f9a1c20b7e4", start);
  handover.look({.at = start + Handover::patience - 1s});
  CHECK_FALSE(handover.is_over());
  handover.look({.lock_is_held = true, .at = start + 24h});
  CHECK_FALSE(handover.is_over());
}

TEST_CASE("a supervisor that never takes the lock keeps nobody from deploying for ever") {
  Handover handover("d-1", "3f9a1c20b7e4", start);
  handover.look({.at = start + Handover::patience});
  CHECK(handover.is_over());
}

TEST_CASE("the image, which nobody judges, is waited for a minute") {
  Handover handover("d-1", "image", start);
  handover.look({.journal_tells_the_end = true, .at = start});
  CHECK_FALSE(handover.is_over());
  handover.look({.journal_tells_the_end = true, .at = start + 59s});
  CHECK_FALSE(handover.is_over());
  handover.look({.journal_tells_the_end = true, .at = start + Handover::patience});
  CHECK(handover.is_over());
}
