#include "archive/libzip.hpp"

#include <array>
#include <new>
#include <optional>

#include "catch.hpp"

namespace {

struct Source {
  ops::Result<std::uint64_t> answer(zip_source_cmd_t command, void*, std::uint64_t length) {
    if (command == ZIP_SOURCE_OPEN) throw std::bad_alloc();
    if (command == ZIP_SOURCE_READ) return ops::Error{"cannot read " + std::to_string(length)};
    return 7;
  }
  std::optional<ops::Error>& failure() { return first; }

  std::optional<ops::Error> first;
};

zip_int64_t ask(Source& source, zip_source_cmd_t command, zip_uint64_t length = 0) {
  return ops::archive::answer_libzip<Source>(&source, nullptr, length, command);
}

}  // namespace

TEST_CASE("what a source answers reaches libzip, and of its errors the first is kept") {
  Source source;
  CHECK(ask(source, ZIP_SOURCE_TELL) == 7);
  CHECK_FALSE(source.first.has_value());
  CHECK(ask(source, ZIP_SOURCE_READ, 1) == -1);
  CHECK(ask(source, ZIP_SOURCE_READ, 2) == -1);
  REQUIRE(source.first.has_value());
  CHECK(source.first->message == "cannot read 1");
}

TEST_CASE("what a source throws does not pass through libzip: memory ran out") {
  Source source;
  CHECK(ask(source, ZIP_SOURCE_OPEN) == -1);
  CHECK_FALSE(source.first.has_value());
  std::array<int, 2> numbers = {};
  CHECK(ops::archive::answer_libzip<Source>(&source, numbers.data(), sizeof numbers,
                                            ZIP_SOURCE_ERROR) >= 0);
  CHECK(numbers[0] == ZIP_ER_MEMORY);
}
