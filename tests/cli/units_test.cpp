#include "cli/units.hpp"

#include "catch.hpp"

using ops::cli::in_bytes;
using ops::cli::in_files;
using ops::cli::in_time;
using std::chrono::milliseconds;

TEST_CASE("sizes are written in thousands") {
  CHECK(in_bytes(0) == "0 bytes");
  CHECK(in_bytes(1) == "1 byte");
  CHECK(in_bytes(999) == "999 bytes");
  CHECK(in_bytes(1000) == "1.0 kB");
  CHECK(in_bytes(9'949) == "9.9 kB");
  CHECK(in_bytes(260'000) == "260 kB");
  CHECK(in_bytes(999'499) == "999 kB");
  CHECK(in_bytes(999'999) == "1.0 MB");
  CHECK(in_bytes(1'048'576) == "1.0 MB");
  CHECK(in_bytes(268'435'456) == "268 MB");
  CHECK(in_bytes(~0ULL).ends_with(" EB"));
}

TEST_CASE("times are written in the unit that fits") {
  CHECK(in_time(milliseconds(0)) == "0 ms");
  CHECK(in_time(milliseconds(-5)) == "0 ms");
  CHECK(in_time(milliseconds(999)) == "999 ms");
  CHECK(in_time(milliseconds(3210)) == "3.2 s");
  CHECK(in_time(milliseconds(59'999)) == "60 s");
  CHECK(in_time(milliseconds(125'000)) == "2 min 5 s");
}

TEST_CASE("one file is no files") {
  CHECK(in_files(1) == "1 file");
  CHECK(in_files(150) == "150 files");
}
