#include "archive/refusal.hpp"

#include <set>
#include <string>
#include <vector>

#include "archive/utf8.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"

using ops::archive::code;
using ops::archive::Refusal;
using ops::archive::refuse;
using ops::archive::Rule;

TEST_CASE("every rule has a code of its own") {
  std::set<std::string> codes;
  const int last = static_cast<int>(Rule::empty);
  for (int rule = 0; rule <= last; ++rule) codes.insert(code(static_cast<Rule>(rule)));
  CHECK(codes.size() == static_cast<std::size_t>(last) + 1);
  CHECK(codes.count("unknown") == 0);
}

TEST_CASE("a refusal of the whole archive names no entry") {
  const auto refusal = refuse(Rule::empty, {}, "it holds no file");
  CHECK(refusal.entry.empty());
  CHECK(refusal.message == "cannot take the archive: it holds no file (empty)");
}

TEST_CASE(
    "what one entry breaks is told with its name, the rule and a code that ends the sentence") {
  struct Broken {
    const char* code;
    forged::Entry entry;
  };
  const auto file = forged::plain_file();
  const auto changed = [&file](const auto& change) {
    auto entry = file;
    change(entry);
    return entry;
  };
  const std::vector<Broken> all = {
      {"truncated", changed([](auto& entry) { entry.disk = 1; })},
      {"inconsistent", changed([](auto& entry) { entry.local.crc32 ^= 1; })},
      {"zip64", changed([](auto& entry) { entry.disk = 0xffff; })},
      {"encrypted", changed([](auto& entry) { entry.local.flags = entry.central.flags = 1; })},
      {"unsupported-method",
       changed([](auto& entry) { entry.local.method = entry.central.method = 12; })},
      {"bad-extra-field", forged::with_extra(file, "x")},
      {"bad-name", forged::stored("../a", "contents")},
      {"file-is-directory", forged::with_mode(file, 040755)},
      {"symbolic-link", forged::with_mode(file, 0120777)},
      {"special-file", forged::with_mode(file, 0010644)},
      {"too-deep", forged::stored("1/2/3/4/a", "contents")},
      {"name-too-long", forged::stored(std::string(256, 'a'), "contents")},
      {"too-large", forged::stored("a", std::string(101, 'a'))},
      {"duplicate-name", forged::stored("taken", "contents")},
      {"overlap", changed([](auto& entry) {
         entry.local.name = entry.central.name = "taken-too";
         entry.offset = 35;  // in the contents of the first one
       })}};
  for (const auto& [code, entry] : all) {
    INFO(code);
    forged::Zip zip;
    const std::string quoted = forged::bytes(
        changed([](auto& inner) { inner.local.name = inner.central.name = "taken-too"; }));
    zip.entries = {forged::stored("taken", quoted.substr(0, 30 + 9 + 8)), entry};
    const auto fd = forged::file_of(forged::bytes(zip));
    const auto scanned = ops::archive::scan_zip(fd.get(), {.unpacked_bytes = 100, .depth = 4});
    REQUIRE_FALSE(scanned.ok());
    const auto* refusal = std::get_if<Refusal>(&scanned.error());
    REQUIRE(refusal != nullptr);
    CHECK(ops::archive::code(refusal->rule) == std::string_view(code));
    CHECK(refusal->entry.starts_with(ops::archive::printable(entry.central.name).substr(0, 250)));
    CHECK(refusal->message.starts_with("cannot take the entry \"" + refusal->entry + "\": "));
    CHECK(refusal->message.ends_with(std::string(" (") + code + ")"));
  }
}
