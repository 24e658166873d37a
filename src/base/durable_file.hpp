#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::base {

/// open(2) of a directory, O_CLOEXEC.
[[nodiscard]] Result<UniqueFd> open_directory(const std::string& path);

/// All of a file, or an error when it is longer than `limit` bytes. Follows no final symbolic link.
[[nodiscard]] Result<std::string> read_file(int directory, const std::string& name,
                                            std::size_t limit);

/// Writes all of `bytes`, however many calls that takes.
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes);

/// Puts a whole file in place of `name`, or changes nothing: a temporary file, fsync, rename, fsync
/// of the directory. After a power cut there is the old file or the new one.
[[nodiscard]] Result<void> replace_file(int directory, const std::string& name,
                                        std::string_view bytes, mode_t mode);

/// Makes the names in a directory durable. Without it a rename may be undone by a power cut.
[[nodiscard]] Result<void> sync_directory(int directory);

}  // namespace ops::base
