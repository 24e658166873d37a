// Hostile and odd archives from many projects, held against the scan and the extraction where the
// samples are at hand.

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "archive/zip_extract.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "temporary_directory.hpp"
#include "tree_snapshot.hpp"

namespace fs = std::filesystem;

namespace {

struct Sample {
  std::string file;
  std::string expected;  // accept, reject, or either
};

std::vector<Sample> third_party_samples(const fs::path& corpus) {
  std::vector<Sample> samples;
  std::ifstream list(corpus / "expected.tsv");
  std::string line;
  std::getline(list, line);  // the heading
  while (std::getline(list, line)) {
    std::istringstream fields(line);
    Sample sample;
    std::getline(fields, sample.file, '\t');
    std::getline(fields, sample.expected, '\t');
    samples.push_back(sample);
  }
  return samples;
}

// Where the list follows a policy that is not the one here.
std::string expected_here(const Sample& sample) {
  // Two directories and no file, of which no release can be made.
  if (sample.file == "libzip-regress/testdir.zip") return "reject";
  return sample.expected;
}

std::vector<Sample> attacks(const fs::path& corpus) {
  std::vector<Sample> samples;
  std::ifstream list(corpus / "attacks" / "expect.json");
  const auto parsed = nlohmann::json::parse(list, nullptr, false);
  if (!parsed.is_array()) return samples;
  for (const auto& attack : parsed) {
    samples.push_back({"attacks/" + attack.value("file", ""), attack.value("expect", "")});
  }
  return samples;
}

ops::archive::ScanLimits limits_for(const Sample& sample) {
  ops::archive::ScanLimits limits;
  // This one is over the limit of 10,000 that it was made for, and well below the default here.
  if (sample.file == "attacks/count__entries-10001.zip") limits.entries = 10'000;
  return limits;
}

std::string take(const fs::path& zip, const ops::archive::ScanLimits& limits,
                 const fs::path& target) {
  const ops::base::UniqueFd fd(::open(zip.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return "missing";
  const auto scanned = ops::archive::scan_zip(fd.get(), limits);
  if (!scanned) return forged::code_of(scanned.error());
  const auto directory = ops::base::open_directory(target.string());
  if (!directory) return "error";
  const auto files = ops::archive::extract_zip(fd.get(), *scanned, directory->get());
  return files ? "accepted" : forged::code_of(files.error());
}

bool is_right(const std::string& verdict, const std::string& expected) {
  if (verdict == "missing" || verdict == "error") return false;
  if (expected == "either") return true;
  return expected == (verdict == "accepted" ? "accept" : "reject");
}

// A target with neighbours that a hostile archive would like to change.
void check(const fs::path& corpus, const Sample& sample) {
  const TemporaryDirectory room;
  room.write("secret", "untouched");
  room.write("etc/passwd", "root");
  const auto neighbours = snapshot(room.path());
  const fs::path target = room.path() / "a" / "b" / "target";
  fs::create_directories(target);
  const std::string verdict = take(corpus / sample.file, limits_for(sample), target);
  const std::string expected = expected_here(sample);
  INFO(sample.file << " is " << verdict << ", expected: " << expected);
  CHECK(is_right(verdict, expected));
  CHECK(first_oddity(target).empty());
  fs::remove_all(room.path() / "a");
  CHECK(snapshot(room.path()) == neighbours);
}

// Nothing where there is no corpus, which the output says. One without samples is broken.
std::optional<fs::path> corpus_if_there() {
  const fs::path root = OPS_CORPORA;
  if (fs::exists(root)) return root / "zip";
  std::cout << "skipped: there is no " << root << "\n";
  return std::nullopt;
}

void check_all(const fs::path& corpus, const std::vector<Sample>& samples) {
  INFO("the samples of " << corpus);
  REQUIRE_FALSE(samples.empty());
  for (const Sample& sample : samples) check(corpus, sample);
}

bool is_sample(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return entry.is_regular_file() && name != "expected.tsv" && name != "expect.json" &&
         !name.ends_with(".origin");
}

}  // namespace

TEST_CASE("samples of other projects are judged as a strict reader judges them") {
  if (const auto there = corpus_if_there()) check_all(*there, third_party_samples(*there));
}

TEST_CASE("attacks are refused and leave nothing outside the target") {
  if (const auto there = corpus_if_there()) check_all(*there, attacks(*there));
}

TEST_CASE("no sample lies there without a verdict that it is held against") {
  const auto there = corpus_if_there();
  if (!there) return;
  std::set<std::string> listed;
  for (const Sample& sample : third_party_samples(*there)) listed.insert(sample.file);
  for (const Sample& sample : attacks(*there)) listed.insert(sample.file);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(*there)) {
    if (!is_sample(entry)) continue;
    INFO(entry.path());
    CHECK(listed.contains(entry.path().lexically_relative(*there).generic_string()));
  }
}
