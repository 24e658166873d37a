#include "release/journal_reader.hpp"

#include <filesystem>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "manual_clock.hpp"
#include "release/known_history.hpp"
#include "temporary_directory.hpp"

using namespace ops::release;

namespace {

class Heard final : public JournalReader::Listener {
 public:
  void start_over() override { text += "| "; }
  void tell(const JournalEntry& entry) override { text += entry.reason + " "; }

  std::string text;
};

struct ReadPlace {
  TemporaryDirectory directory;
  ManualClock clock;
  ops::base::UniqueFd fd = std::move(ops::base::open_directory(directory.path())).value();
  Journal journal{fd.get(), clock};
  JournalReader reader{fd.get()};

  void append(const std::string& reason) {
    JournalEntry entry;
    entry.event = EventKind::received;
    entry.reason = reason;
    REQUIRE(journal.append(entry).ok());
  }
  [[nodiscard]] std::string text() const { return directory.read("releases.log"); }
  std::string news() {
    Heard heard;
    REQUIRE(reader.read_on(heard).ok());
    return heard.text;
  }
};

}  // namespace

TEST_CASE("a reader hears each line once, and only what is new") {
  ReadPlace place;
  CHECK(place.news().empty());
  place.append("one");
  place.append("two");
  CHECK(place.news() == "one two ");
  CHECK(place.news().empty());
  place.append("three");
  CHECK(place.news() == "three ");
}

TEST_CASE("a line that is being written is heard once it is whole") {
  ReadPlace place;
  place.append("one");
  place.append("two");
  const std::string whole = place.text();
  place.directory.write("releases.log", whole.substr(0, whole.size() - 20));
  CHECK(place.news() == "one ");
  place.directory.write("releases.log", whole);
  CHECK(place.news() == "two ");
}

TEST_CASE("a reader starts over when what it has heard is no longer so") {
  ReadPlace place;
  place.append("one");
  place.append("two");
  CHECK(place.news() == "one two ");
  const std::string whole = place.text();
  SECTION("a line was cut off") {
    place.directory.write("releases.log", whole.substr(0, whole.find('\n') + 1));
    CHECK(place.news() == "| one ");
  }
  SECTION("another line took the place of the last") {
    std::string other = whole;
    other.replace(other.find("two"), 3, "TWO");
    place.directory.write("releases.log", other);
    CHECK(place.news() == "| one TWO ");
  }
  SECTION("the file was replaced by a longer one") {
    place.directory.write("new", whole + whole);
    std::filesystem::rename(place.directory.file("new"), place.directory.file("releases.log"));
    CHECK(place.news() == "| one two one two ");
  }
  SECTION("the file is gone") {
    std::filesystem::remove(place.directory.file("releases.log"));
    CHECK(place.news() == "| ");
    CHECK(place.news().empty());
    place.append("three");
    CHECK(place.news() == "three ");
  }
}

TEST_CASE("lines that cannot be read are passed over and known by their number") {
  ReadPlace place;
  place.append("one");
  const std::string whole = place.text();
  place.directory.write("releases.log", "no json\n" + whole + "{}\n");
  CHECK(place.news() == "one ");
  REQUIRE(place.reader.unreadable().size() == 2);
  CHECK(place.reader.unreadable()[0].number == 1);
  CHECK(place.reader.unreadable()[1].number == 3);
  CHECK(place.reader.unreadable()[1].reason == "it has no \"event\"");
  place.append("two");
  CHECK(place.news() == "two ");
}

TEST_CASE("lines of any length between others are read across the pieces of the file") {
  ReadPlace place;
  std::string expected;
  for (int n = 0; n < 400; ++n) {
    const std::string reason = std::to_string(n) + std::string(static_cast<std::size_t>(n), 'x');
    place.append(reason);
    expected += reason + " ";
  }
  CHECK(place.news() == expected);
}

TEST_CASE("a history that is kept up to date is the history of the journal") {
  ReadPlace place;
  KnownHistory known(place.fd.get());
  for (const char* id : {"a", "b"}) {
    JournalEntry entry;
    entry.event = EventKind::healthy;
    entry.release = id;
    REQUIRE(place.journal.append(entry).ok());
    REQUIRE(known.now().ok());
    CHECK(known.now()->standing(id) == Standing::healthy);
  }
  CHECK(known.now()->healthy_order() == std::vector<std::string>{"a", "b"});
  std::filesystem::remove(place.directory.file("releases.log"));
  CHECK(known.now()->healthy_order().empty());
}
