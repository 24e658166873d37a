#include "archive/input_file.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <string>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "temporary_directory.hpp"

using ops::archive::InputFile;
using ops::archive::OutputFile;

namespace {

/// What libzip does with a file, step by step.
class Reading {
 public:
  Reading(const TemporaryDirectory& root, const std::string& path)
      : directory_(ops::base::open_directory(root.path().string())), path_(path) {
    REQUIRE(directory_.ok());
    const auto bytes = ops::archive::size_of_file(directory_->get(), path_);
    REQUIRE(bytes.ok());
    input_.emplace(directory_->get(), path_, *bytes, output_);
  }

  /// "" or the error.
  std::string open() { return words(input_->answer(ZIP_SOURCE_OPEN, nullptr, 0)); }
  std::string read() {
    return words(input_->answer(ZIP_SOURCE_READ, buffer_.data(), buffer_.size()));
  }

 private:
  static std::string words(const ops::Result<std::uint64_t>& result) {
    return result ? "" : result.error().message;
  }

  ops::Result<ops::base::UniqueFd> directory_;
  std::string path_;
  ops::base::UniqueFd zip_ = forged::file_of("");
  std::optional<ops::Error> failure_;
  OutputFile output_{zip_.get(), failure_};
  std::optional<InputFile> input_;
  std::array<char, 10> buffer_ = {};
};

const std::string changed = "cannot put a into a zip: its size changes while it is packed";

}  // namespace

TEST_CASE("a file that keeps its size is read to its end, and again when it is opened again") {
  const TemporaryDirectory root;
  root.write("a", "0123456789abc");
  Reading reading(root, "a");
  for (int time = 0; time < 2; ++time) {
    CHECK(reading.open().empty());
    CHECK(reading.read().empty());
    CHECK(reading.read().empty());
    CHECK(reading.read().empty());
  }
}

TEST_CASE("a file that has another size when it is opened is an error") {
  const TemporaryDirectory root;
  root.write("a", "0123456789");
  Reading reading(root, "a");
  root.write("a", "0123");
  CHECK(reading.open() == changed);
}

TEST_CASE("a file that grows while it is read is an error") {
  const TemporaryDirectory root;
  root.write("a", "0123456789");
  Reading reading(root, "a");
  CHECK(reading.open().empty());
  CHECK(reading.read().empty());
  root.write("a", "0123456789abc");
  CHECK(reading.read() == changed);
}

TEST_CASE("a file that shrinks while it is read is an error") {
  const TemporaryDirectory root;
  root.write("a", std::string(25, 'a'));
  Reading reading(root, "a");
  CHECK(reading.open().empty());
  CHECK(reading.read().empty());
  std::filesystem::resize_file(root.path() / "a", 15);
  CHECK(reading.read() == changed);
}

TEST_CASE("a file that a link has replaced is not followed") {
  const TemporaryDirectory root;
  root.write("a", "0123456789");
  root.write("b", "0123456789");
  Reading reading(root, "a");
  std::filesystem::remove(root.path() / "a");
  std::filesystem::create_symlink("b", root.path() / "a");
  CHECK(reading.open().find("cannot open a: ") == 0);
}
