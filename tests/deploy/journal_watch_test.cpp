#include "deploy/journal_watch.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::deploy::JournalWatch;

TEST_CASE("what another writes into the releases directory is noticed") {
  TemporaryDirectory place;
  place.write("releases.log", "");
  ops::loop::Loop loop;
  int changes = 0;
  JournalWatch watch(loop, place.path(), [&] {
    ++changes;
    loop.stop();
  });
  ops::loop::Timer limit(loop, [&] { loop.stop(); });
  limit.start(std::chrono::seconds(10));
  place.write("releases.log", "a line");
  loop.run();
  CHECK(changes > 0);
  CHECK(limit.running());
}

TEST_CASE("a directory that cannot be watched is looked at again and again") {
  ops::loop::Loop loop;
  int changes = 0;
  JournalWatch watch(loop, "/nowhere", [&] {
    ++changes;
    loop.stop();
  });
  ops::loop::Timer limit(loop, [&] { loop.stop(); });
  limit.start(std::chrono::seconds(10));
  loop.run();
  CHECK(changes == 1);
}

TEST_CASE("a watch keeps no loop alive") {
  TemporaryDirectory place;
  ops::loop::Loop loop;
  JournalWatch watch(loop, place.path(), [] {});
  JournalWatch polling(loop, "/nowhere", [] {});
  loop.run();
  SUCCEED("run() returned");
}
