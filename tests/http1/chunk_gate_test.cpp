#include "http1/chunk_gate.hpp"

#include <string>

#include "catch.hpp"

using namespace ops::http1;

TEST_CASE("a chunk's first line is a hexadecimal number") {
  CHECK(read_chunk_line("0").value().size == 0);
  CHECK(read_chunk_line("1aF").value().size == 0x1af);
  CHECK(read_chunk_line("00000000000000000005").value().size == 5);
  CHECK(read_chunk_line("FFFFFFFFFFFFFFFF").value().size == 0xffffffffffffffff);
  for (const auto* line : {"", "FFFFFFFFFFFFFFFFF", "0x1", "+1", "-1", " 1", "1 ", "1 ;a", "g",
                           ";a", "1,2", "1\r", "1;a\rb", "1;\x01"}) {
    INFO("line \"" << line << '"');
    const auto chunk = read_chunk_line(line);
    REQUIRE_FALSE(chunk.ok());
    CHECK(chunk.error().status == 400);
  }
}

TEST_CASE("what follows a semicolon counts as extension") {
  const auto chunk = read_chunk_line("a;name=\"value\"");
  REQUIRE(chunk.ok());
  CHECK(chunk->size == 10);
  CHECK(chunk->extension_bytes == 13);
  CHECK(read_chunk_line("a").value().extension_bytes == 0);
}

TEST_CASE("a chunk's first line of 256 bytes is read, one of 257 is not") {
  const std::string line = "1;" + std::string(most_chunk_line_bytes - 2, 'x');
  CHECK(read_chunk_line(line).ok());
  const auto longer = read_chunk_line(line + 'x');
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().status == 413);
}
