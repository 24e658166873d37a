#include <functional>
#include <string>

#include "catch.hpp"
#include "peak_memory.hpp"
#include "release/source_offer.hpp"
#include "sanitized.hpp"

using namespace ops::release;

namespace {

constexpr std::size_t largest_offer = std::size_t{16} << 20;
const std::string sum_of_nothing(64, 'a');

std::string file_json(const std::string& path, const std::string& more = "") {
  return R"({"path":")" + path + R"(","mode":"0644","size":1,"sha256":")" + sum_of_nothing + "\"" +
         more + "}";
}

// What is wrong with it; empty where nothing is.
std::string trouble_with(const std::string& json) {
  const auto offer = SourceOffer::from_json(json, 3);
  return offer ? std::string() : offer.error().message;
}

/// As large as an offer may be, by repetition of a part of it.
std::string padded(const std::string& begin, const std::string& part, const std::string& end) {
  std::string json = begin;
  json.reserve(largest_offer);
  while (json.size() + part.size() + end.size() <= largest_offer) json += part;
  return json + end;
}

}  // namespace

TEST_CASE("what is no part of a list of files is passed over, where it is not too deep") {
  const std::string file = file_json("a", R"(,"owner":{"path":"b","x":[1,{}]},"time":-1.5)");
  const auto offer = SourceOffer::from_json(R"({"x":{"files":[1]},"files":[)" + file +
                                            R"(],"removed":["../not looked at"],"y":[[],null]})");
  CHECK_FALSE(offer.ok());
  const auto taken = SourceOffer::from_json(R"({"x":{"files":[1]},"files":[)" + file +
                                            R"(],"removed":["b"],"y":[[],null,"s"],"z":"../x"})");
  REQUIRE(taken.ok());
  REQUIRE(taken->files.size() == 1);
  CHECK(taken->files[0].path == "a");
  CHECK(taken->files[0].bytes == 1);
  CHECK(taken->removed.empty());  // there is no base
  const auto nested = [](std::size_t levels) {
    return R"({"files":[],"x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  CHECK(trouble_with(nested(15)).empty());
  CHECK(trouble_with(nested(16)).ends_with("it is nested too deeply"));
}

TEST_CASE("of what comes twice in a list of files the second one counts") {
  const auto offer = SourceOffer::from_json(R"({"base":"abc","base":"def","files":[{}],"files":[)" +
                                            file_json("a", R"(,"path":"b","size":7)") +
                                            R"(],"removed":["c"],"removed":["d"]})");
  CHECK_FALSE(offer.ok());  // a wrong file is wrong, whatever follows
  const auto taken = SourceOffer::from_json(
      R"({"base":"abc","base":"def","files":[)" + file_json("x") + R"(],"files":[)" +
      file_json("a", R"(,"path":"b","size":7)") + R"(],"removed":["c"],"removed":["d"]})");
  REQUIRE(taken.ok());
  CHECK(taken->base == "def");
  REQUIRE(taken->files.size() == 1);
  CHECK(taken->files[0].path == "b");
  CHECK(taken->files[0].bytes == 7);
  CHECK(taken->removed == std::vector<std::string>{"d"});
  CHECK_FALSE(trouble_with(R"({"files":[],"files":1})").empty());
  CHECK_FALSE(trouble_with(R"({"files":[)" + file_json("a", R"(,"path":1)") + "]}").empty());
}

TEST_CASE("a value of another kind than it must be is told by its place") {
  const std::string needs = "file 2 needs a relative path, mode 0644 or 0755, a size and a sha256";
  for (const char* wrong : {"1", "-1", "1.5", "null", "true", "\"a\"", "[]", "{}"}) {
    INFO(wrong);
    CHECK(trouble_with(R"({"files":[)" + file_json("a") + "," + wrong + "]}").ends_with(needs));
    if (wrong != std::string_view("\"a\"")) {
      CHECK(trouble_with(R"({"files":[],"base":"abc","removed":["a",)" + std::string(wrong) + "]}")
                .ends_with("\"removed\" must be a list of relative paths"));
    }
    if (wrong != std::string_view("[]")) {
      CHECK(trouble_with(R"({"files":[],"base":"abc","removed":)" + std::string(wrong) + "}")
                .ends_with("\"removed\" must be a list of paths"));
      CHECK(trouble_with(R"({"files":)" + std::string(wrong) + "}")
                .ends_with("it is no JSON object with a list \"files\""));
    }
    CHECK_FALSE(trouble_with(wrong).empty());
  }
  CHECK(trouble_with(R"({"files":[],"base":1})").ends_with("\"base\" must be the id of a release"));
}

TEST_CASE("as many files as allowed are read, one more is told apart from other troubles") {
  const std::string three = file_json("1") + "," + file_json("2") + "," + file_json("3");
  CHECK(trouble_with(R"({"files":[)" + three + "]}").empty());
  CHECK(trouble_with(R"({"files":[],"base":"abc","removed":["1","2","3"]})").empty());
  for (const std::string& more : {R"({"files":[)" + three + "," + file_json("4") + "]}",
                                  std::string(R"({"files":[],"removed":["1","2","3","4"]})")}) {
    const auto offer = SourceOffer::from_json(more, 3);
    REQUIRE_FALSE(offer.ok());
    CHECK(offer.error().reason == std::errc::value_too_large);
  }
}

TEST_CASE("a path is read up to its longest, also with all of it escaped") {
  std::string longest;
  for (int i = 0; i < 4096; ++i) longest += "\\u0061";
  CHECK(trouble_with(R"({"files":[)" + file_json(longest) + "]}").empty());
  CHECK_FALSE(trouble_with(R"({"files":[)" + file_json(longest + "a") + "]}").empty());
}

TEST_CASE("no offer takes much more memory to read than its text") {
  if (is_sanitized) return;  // what is freed is kept there
  const std::string text_alone = R"({"files":[],"x":)";
  std::string legal = R"({"files":[)";
  for (int i = 0; legal.size() + 400 < largest_offer; ++i) {
    legal += (i > 0 ? "," : "") + file_json(std::to_string(i) + std::string(200, 'p'));
  }
  for (const std::string& offer :
       {legal + "]}", padded(R"({"files":)", "[", ""), padded(text_alone + "[", "1,", "1]}"),
        padded(text_alone + "[", "1.5,", "1]}"), padded(text_alone + "[", "{},", "{}]}"),
        padded(text_alone + "[", "\"\",", "\"\"]}"),
        padded(R"({"files":[],)", R"("a":1,)", R"("b":1})"),
        padded(R"({"files":[],"base":"a","removed":[)", R"("a",)", R"("a"]})"),
        padded(text_alone + "\"", "y", "\"}"), padded(text_alone + "\"", R"(\")", "\"}"),
        padded(text_alone, " ", "1}"), padded(text_alone, "1", "}"),
        padded(R"({"files":[)" + file_json("a"), "," + file_json("a"), "]}")}) {
    INFO(offer.substr(0, 100));
    const std::size_t extra =
        extra_memory([&offer] { static_cast<void>(SourceOffer::from_json(offer, 50'000)); });
    CHECK(extra < std::size_t{20} << 20);
  }
}

TEST_CASE("a manifest takes little more memory to write than its text") {
  if (is_sanitized) return;
  std::vector<ManifestEntry> files;
  for (int i = 0; i < 50'000; ++i) {
    files.push_back({std::to_string(i) + std::string(160, 'p'), 0644, 1, {}});
  }
  const Manifest manifest(std::move(files));
  std::size_t text = 0;
  const std::size_t extra = extra_memory([&] { text = manifest.to_json().size(); });
  CHECK(text > 13'000'000);
  CHECK(extra < text + (std::size_t{4} << 20));
}
