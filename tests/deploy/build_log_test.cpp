#include "deploy/build_log.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::deploy::BuildLog;
using ops::deploy::LogLines;
using Lines = std::vector<std::string>;

namespace {

struct Place {
  TemporaryDirectory directory;
  LogLines lines{directory.path()};

  Place() { directory.write("logs/other.log", "of another deploy\n"); }
  BuildLog create(std::size_t limit = 1000) {
    auto log = BuildLog::create(directory.path(), "d", limit);
    REQUIRE(log.ok());
    return std::move(log).value();
  }
};

}  // namespace

TEST_CASE("lines are read once they are whole, and only the new ones") {
  Place place;
  BuildLog log = place.create();
  CHECK(place.lines.read("d", 0, 100).empty());
  REQUIRE(log.append("one\ntw").ok());
  CHECK(place.lines.read("d", 0, 100) == Lines{"one"});
  CHECK(place.lines.read("d", 1, 100).empty());
  REQUIRE(log.append("o\n\nfour").ok());
  CHECK(place.lines.read("d", 1, 100) == Lines{"two", ""});
  REQUIRE(log.finish().ok());
  CHECK(place.lines.read("d", 0, 100) == Lines{"one", "two", "", "four"});
  CHECK(place.lines.read("d", 1, 2) == Lines{"two", ""});
  CHECK(place.lines.count("d") == 4);
}

TEST_CASE("a log that is not there has no lines, and logs are not mixed up") {
  Place place;
  CHECK(place.lines.count("d") == 0);
  CHECK(place.lines.read("d", 0, 100).empty());
  CHECK(place.lines.read("other", 0, 100) == Lines{"of another deploy"});
  CHECK(place.lines.read("d", 0, 100).empty());
}

TEST_CASE("every line of a long log is found at its number") {
  Place place;
  std::string text;
  for (int n = 0; n < 1000; ++n) text += "line " + std::to_string(n) + "\n";
  place.directory.write("logs/d.log", text);
  CHECK(place.lines.count("d") == 1000);
  for (std::uint64_t n = 0; n < 1000; n += 37) {
    CHECK(place.lines.read("d", n, 1) == Lines{"line " + std::to_string(n)});
  }
  CHECK(place.lines.read("d", 255, 3) == Lines{"line 255", "line 256", "line 257"});
  CHECK(place.lines.read("d", 1000, 1).empty());
  CHECK(place.lines.read("d", 5000, 1).empty());
}

TEST_CASE("of a long line the first 8 KiB are told, and the next line is whole") {
  Place place;
  place.directory.write("logs/d.log", std::string(8192, 'a') + "\n" + std::string(8193, 'b') +
                                          "\n" + std::string(100'000, 'c') + "\nshort\n");
  const Lines lines = place.lines.read("d", 0, 100);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == std::string(8192, 'a'));
  CHECK(lines[1] == std::string(8192, 'b'));
  CHECK(lines[2] == std::string(8192, 'c'));
  CHECK(lines[3] == "short");
}

TEST_CASE("a log takes as many bytes as it may, and says that the rest is missing") {
  Place place;
  SECTION("the last byte under the limit") {
    BuildLog log = place.create(8);
    REQUIRE(log.append("1234567\n").ok());
    REQUIRE(log.finish().ok());
    CHECK(place.directory.read("logs/d.log") == "1234567\n");
  }
  SECTION("the first byte over it") {
    BuildLog log = place.create(8);
    REQUIRE(log.append("12345678").ok());
    REQUIRE(log.append("9").ok());
    REQUIRE(log.append("more\n").ok());
    REQUIRE(log.finish().ok());
    CHECK(place.directory.read("logs/d.log") ==
          "12345678\n(the log is full: what the build printed from here on was not kept)\n");
  }
}

TEST_CASE("a log is never written twice") {
  Place place;
  const BuildLog log = place.create();
  CHECK_FALSE(BuildLog::create(place.directory.path(), "d", 10).ok());
}

TEST_CASE("logs that are followed at once are read in turn, each from where it stood") {
  Place place;
  const std::size_t logs = LogLines::most_indexed + 3;
  for (std::size_t round = 1; round <= 3; ++round) {
    for (std::size_t n = 0; n < logs; ++n) {
      const std::string deploy = "d" + std::to_string(n);
      std::string text;
      for (std::size_t line = 0; line < round * 300; ++line) {
        text += deploy + " " + std::to_string(line) + "\n";
      }
      place.directory.write("logs/" + deploy + ".log", text);
      CHECK(place.lines.count(deploy) == round * 300);
      const std::size_t last = round * 300 - 1;
      CHECK(place.lines.read(deploy, last, 5) == Lines{deploy + " " + std::to_string(last)});
    }
  }
}
