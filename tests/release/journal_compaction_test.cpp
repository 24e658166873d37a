#include "release/journal_compaction.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "failing_disk.hpp"
#include "journal_lines.hpp"
#include "release/history.hpp"
#include "release/journal_line.hpp"
#include "released_tree.hpp"

using namespace ops::release;

namespace {

// Old deploys that left nothing behind.
Lines long_past(int deploys) {
  Lines lines{line(EventKind::image, "image")};
  for (int n = 0; n < deploys; ++n) {
    const std::string id = std::to_string(n);
    deploy_healthy(lines, id);
    lines.push_back(line(EventKind::removed, id));
  }
  return lines;
}

std::string told(const History& history, const Names& ids) {
  std::string all;
  for (const std::string& id : ids) {
    const ReleaseRecord* release = history.find(id);
    const bool gone = release == nullptr || release->removed;
    all += id + (gone ? " gone" : " there");
    all += history.standing(id) == Standing::failed ? " failed" : "";
    if (gone) continue;
    all += history.standing(id) == Standing::healthy ? " healthy" : "";
    all += " " + release->hash + " " + release->source + " before " + history.healthy_before(id);
    all += " by " + history.deploy_of(id);
  }
  for (const std::string& id : history.healthy_order()) all += " " + id;
  const auto& last = history.last_switch();
  return all + " awaits " + history.awaiting() + " last " + (last ? last->release : "");
}

constexpr int sign_ins = 2'000;

JournalEntry sign_in(int number) {
  JournalEntry entry = line(EventKind::login_failed);
  entry.by = std::to_string(number);
  return entry;
}

// Failed sign-ins, more than are kept.
void flood(ReleasedTree& tree) {
  std::string text = tree.place().read("releases/releases.log");
  std::string last = text.substr(text.rfind('\n', text.size() - 2) + 1);
  last.pop_back();
  for (int n = 0; n < sign_ins; ++n) {
    last = to_line(sign_in(n), ops::base::to_hex(ops::base::sha256(last)));
    text += last + '\n';
  }
  tree.place().write("releases/releases.log", text);
}

// The child ends with 0 when all lines were appended.
pid_t append_in_a_child(ReleasedTree& tree, int lines) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  bool appended = true;
  for (int n = 0; n < lines; ++n) {
    appended = appended && tree.store().journal().append(sign_in(sign_ins + n)).ok();
  }
  ::_exit(appended ? 0 : 1);
}

}  // namespace

TEST_CASE("what is long past and left nothing behind is let go") {
  Lines lines = long_past(5'000);
  deploy_healthy(lines, "a");
  deploy_healthy(lines, "b");
  const Lines kept = worth_keeping(lines);
  CHECK(kept.size() < 4'000);
  CHECK(kept.front().event == EventKind::image);
  CHECK(kept.back().release == "b");
  CHECK(History(kept).healthy_order() == Names{"image", "a", "b"});
  CHECK(History(kept).find("0") == nullptr);
}

TEST_CASE("a release that is there is known however old it is") {
  Lines lines{line(EventKind::image, "image")};
  deploy_healthy(lines, "old");
  const Lines past = long_past(2'000);
  lines.insert(lines.end(), past.begin() + 1, past.end());
  const History history(worth_keeping(lines));
  CHECK(history.healthy_order() == Names{"image", "old"});
  CHECK(history.deploy_of("old") == "d-old");
}

TEST_CASE("that a release failed is known after it was removed") {
  Lines lines{line(EventKind::published, "bad"), line(EventKind::failed, "bad"),
              line(EventKind::removed, "bad")};
  const Lines past = long_past(2'000);
  lines.insert(lines.end(), past.begin(), past.end());
  CHECK(History(worth_keeping(lines)).standing("bad") == Standing::failed);
  CHECK(History(worth_keeping(lines)).find("bad")->removed);
}

TEST_CASE("of failed sign-ins the newest are kept") {
  Lines lines{line(EventKind::image, "image")};
  for (int n = 0; n < 10'000; ++n) {
    lines.push_back(line(EventKind::login_failed));
    lines.back().by = std::to_string(n);
  }
  const Lines kept = worth_keeping(lines);
  CHECK(kept.size() == 501);
  CHECK(kept.back().by == "9999");
}

TEST_CASE("whatever the journal, what is kept tells the same of what is there or has failed") {
  std::mt19937 random(7);
  const Names names{"image", "a", "b", "c", "d"};
  for (int round = 0; round < 5'000; ++round) {
    Lines lines;
    const std::size_t count = random() % 60;
    for (std::size_t n = 0; n < count; ++n) {
      lines.push_back(line(static_cast<EventKind>(random() % 14), names[random() % names.size()]));
      lines.back().forced = random() % 4 == 0;
      lines.back().hash = std::to_string(n);
      lines.back().source = std::to_string(n);
    }
    // Without deploys every line that is kept is kept for its release.
    const std::string before = told(History(lines), names);
    const std::string after = told(History(worth_keeping(lines)), names);
    if (before != after) {
      INFO("round " << round);
      CHECK(before == after);
    }
  }
}

TEST_CASE("a long journal is put aside and a short one takes its place") {
  ReleasedTree tree;
  tree.deploy("a");
  flood(tree);
  tree.deploy("b");
  const std::string before = tree.place().read("releases/releases.log");
  Journal& journal = tree.store().journal();
  REQUIRE(journal.compact().ok());
  CHECK(tree.place().read("releases/releases.log") == before);
  REQUIRE(journal.compact(10).ok());
  CHECK(tree.place().read("releases/releases.log.1") == before);
  CHECK(journal.read()->front().event == EventKind::compacted);
  CHECK(journal.verify().ok());
  CHECK(tree.store().history()->healthy_order() == Names{"image", "a", "b"});
  CHECK(tree.store().previous() == "a");
  tree.note(EventKind::failed, "b");
  CHECK(tree.store().history()->standing("b") == Standing::failed);
  CHECK(journal.verify().ok());
}

TEST_CASE("a journal that would hardly become shorter is left as it is") {
  ReleasedTree tree;
  tree.deploy("a");
  const std::string before = tree.place().read("releases/releases.log");
  const auto compacted = tree.store().journal().compact(10);
  REQUIRE(compacted.ok());
  CHECK_FALSE(*compacted);
  CHECK(tree.place().read("releases/releases.log") == before);
}

TEST_CASE("lines that another process appends while the journal is compacted are not lost") {
  for (int round = 0; round < 5; ++round) {
    ReleasedTree tree;
    tree.deploy("a");
    flood(tree);
    constexpr int lines = 20;
    const pid_t child = append_in_a_child(tree, lines);
    REQUIRE(child > 0);
    const auto compacted = tree.store().journal().compact(10);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    REQUIRE(compacted.ok());
    CHECK(*compacted);
    const auto entries = tree.store().journal().read();
    REQUIRE(entries.ok());
    Names found;
    for (const JournalEntry& entry : *entries) {
      if (entry.by.size() == 4 && entry.by >= std::to_string(sign_ins)) found.push_back(entry.by);
    }
    CHECK(found.size() == lines);
    CHECK(tree.store().journal().verify().ok());
  }
}

TEST_CASE("whichever call fails while it is compacted, the journal is the old one or the new one") {
  bool went_through = false;
  for (int nth = 1; !went_through; ++nth) {
    INFO("call " << nth);
    REQUIRE(nth < 100);
    ReleasedTree tree;
    tree.deploy("a");
    flood(tree);
    {
      const FailingDisk disk = FailingDisk::at_call(nth);
      static_cast<void>(tree.store().journal().compact(10).ok());
      went_through = !disk.has_failed();
    }
    CHECK(tree.store().journal().verify().ok());
    CHECK(tree.store().history()->healthy_order() == Names{"image", "a"});
    tree.set_up();
    CHECK(tree.store().repaired().empty());
    CHECK(tree.served() == "a");
  }
}
