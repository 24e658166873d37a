#include "archive/zip_writer.hpp"

#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using ops::archive::Packing;
using ops::archive::ZipWriter;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

constexpr ZipWriter::Contents nothing = {0644, Packing::stored, 0, 0};

}  // namespace

TEST_CASE("an entry that is started anew leaves nothing of the first time") {
  const auto fd = forged::file_of("");
  ZipWriter writer(fd.get());
  writer.begin_entry("a");
  REQUIRE(writer.append(bytes_of(std::string(1000, 'x'))).ok());
  writer.begin_entry("a");
  REQUIRE(writer.end_entry(nothing).ok());
  const auto size = writer.finish();
  REQUIRE(size.ok());
  CHECK(*size == forged::bytes(forged::stored("a", "")).size());
  CHECK(ops::archive::scan_zip(fd.get()).ok());
}

TEST_CASE("what only ZIP64 could hold is an error") {
  const auto fd = forged::file_of("");
  ZipWriter writer(fd.get());
  writer.begin_entry("a");
  CHECK_FALSE(writer.end_entry({0644, Packing::deflated, 0, 0xffffffff}).ok());
}

TEST_CASE("65,534 entries can be written, one more is an error") {
  const auto fd = forged::file_of("");
  ZipWriter writer(fd.get());
  for (int i = 0; i < 65'534; ++i) {
    writer.begin_entry(std::to_string(i));
    if (!writer.end_entry(nothing)) FAIL("entry " << i);
  }
  CHECK(writer.finish().ok());
  writer.begin_entry("one more");
  REQUIRE(writer.end_entry(nothing).ok());
  CHECK_FALSE(writer.finish().ok());
}
