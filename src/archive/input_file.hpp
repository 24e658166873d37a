#pragma once

#include <zip.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "archive/output_file.hpp"
#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::archive {

/// The size of the regular file `path` below the open directory `root`; anything else is an error.
[[nodiscard]] Result<std::uint64_t> size_of_file(int root, const std::string& path);

/// A file that libzip packs. It is open only while it is read: thousands wait at once.
class InputFile {
 public:
  /// `bytes` is the size that it was found to have; a file with another one by now is an error,
  /// as the zip has room for the size that was announced. `path` and `output` must outlive this.
  InputFile(int root, const std::string& path, std::uint64_t bytes, OutputFile& output)
      : root_(root), path_(path), bytes_(bytes), output_(output) {}

  /// What the file became in the zip: what libzip wrote while it had the file open.
  [[nodiscard]] std::uint64_t packed_bytes() const { return packed_bytes_; }

  // What libzip's commands become: see answer_libzip().
  [[nodiscard]] Result<std::uint64_t> answer(zip_source_cmd_t command, void* bytes,
                                             std::uint64_t length);
  [[nodiscard]] std::optional<Error>& failure() const { return output_.failure(); }

 private:
  Result<std::uint64_t> open();
  Result<std::uint64_t> read(std::span<std::byte> buffer);
  void close();
  [[nodiscard]] Error changed() const;

  int root_;
  const std::string& path_;
  std::uint64_t bytes_;
  OutputFile& output_;
  base::UniqueFd fd_;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t packed_from_ = 0;
  std::uint64_t packed_bytes_ = 0;
};

}  // namespace ops::archive
