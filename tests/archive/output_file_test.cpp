#include "archive/output_file.hpp"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using ops::archive::OutputFile;

namespace {

/// What libzip does with the zip, step by step.
class Writing {
 public:
  ops::Result<std::uint64_t> write(std::string text) {
    return output_.answer(ZIP_SOURCE_WRITE, text.data(), text.size());
  }
  void seek(zip_int64_t offset) {
    zip_source_args_seek_t where = {offset, SEEK_SET};
    REQUIRE(output_.answer(ZIP_SOURCE_SEEK_WRITE, &where, sizeof where).ok());
  }
  [[nodiscard]] std::uint64_t position() const { return output_.position(); }

  std::string contents() {
    REQUIRE(output_.answer(ZIP_SOURCE_COMMIT_WRITE, nullptr, 0).ok());
    std::string text(1'000'000, '\0');
    const ssize_t got = ::pread(zip_.get(), text.data(), text.size(), 0);
    REQUIRE(got >= 0);
    text.resize(static_cast<std::size_t>(got));
    return text;
  }

 private:
  ops::base::UniqueFd zip_ = forged::file_of("");
  std::optional<ops::Error> failure_;
  OutputFile output_{zip_.get(), failure_};
};

}  // namespace

TEST_CASE("what is written again replaces what was there, and nothing else") {
  // With the longer ones it has gone out to the disk, wholly or but for its end.
  for (const std::size_t bytes : {10U, 300'000U, 262'144U, 262'143U}) {
    INFO(bytes);
    Writing writing;
    const std::string data(bytes, 'd');
    REQUIRE(writing.write("head").ok());
    REQUIRE(writing.write(data).ok());
    writing.seek(0);
    REQUIRE(writing.write("HEAD").ok());
    CHECK(writing.position() == 4);
    writing.seek(static_cast<zip_int64_t>(4 + bytes));
    REQUIRE(writing.write("tail").ok());
    CHECK(writing.position() == bytes + 8);
    CHECK(writing.contents() == "HEAD" + data + "tail");
  }
}

TEST_CASE("what reaches over the end of what has gone out is written whole") {
  Writing writing;
  REQUIRE(writing.write(std::string(300'000, 'a')).ok());
  REQUIRE(writing.write("bbbb").ok());
  writing.seek(299'998);
  REQUIRE(writing.write("cccccccc").ok());
  CHECK(writing.contents() == std::string(299'998, 'a') + "cccccccc");
}

TEST_CASE("a zip that would need ZIP64 is not written on") {
  constexpr std::size_t too_many = 4'000'000'000;
  void* const bytes =
      ::mmap(nullptr, too_many, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(bytes != MAP_FAILED);
  std::optional<ops::Error> failure;
  const auto zip = forged::file_of("");
  OutputFile output(zip.get(), failure);
  char first = 'x';
  REQUIRE(output.answer(ZIP_SOURCE_WRITE, &first, 1).ok());
  const auto written = output.answer(ZIP_SOURCE_WRITE, bytes, too_many);
  ::munmap(bytes, too_many);
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().message.find("more than 4 GB") != std::string::npos);
}
