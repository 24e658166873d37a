#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

/// logs/<deploy id>.log while the build writes it.
class BuildLog {
 public:
  /// Takes at most `limit` bytes; the rest is dropped, and a last line says so.
  [[nodiscard]] static Result<BuildLog> create(const std::string& releases,
                                               const std::string& deploy, std::size_t limit);

  /// Fails where the disk is full.
  [[nodiscard]] Result<void> append(std::string_view bytes);
  /// Ends the last line, so that every line is whole.
  [[nodiscard]] Result<void> finish();

 private:
  BuildLog(base::UniqueFd file, std::size_t limit) : file_(std::move(file)), room_(limit) {}

  base::UniqueFd file_;
  std::size_t room_;
  bool cut_ = false;
  bool line_is_open_ = false;
};

/// Reads the lines of logs, the longest `longest` bytes of each, without reading again what lies
/// before: of the logs that were read last, at most `most_indexed`. A line counts once its line
/// feed is there.
class LogLines {
 public:
  static constexpr std::size_t longest = 8192;
  static constexpr std::size_t most_indexed = 8;

  explicit LogLines(std::string releases) : releases_(std::move(releases)) {}

  /// The lines after the first `after`, at most `most`. A log that is not there has none.
  [[nodiscard]] std::vector<std::string> read(const std::string& deploy, std::uint64_t after,
                                              std::size_t most);
  /// How many lines there are by now.
  [[nodiscard]] std::uint64_t count(const std::string& deploy);

 private:
  /// The start of every 256th line, and how far the file was read to find it.
  struct Index {
    std::string deploy;
    std::vector<std::uint64_t> starts = {0};
    std::uint64_t lines = 0;
    std::uint64_t read = 0;
  };
  /// The index of a log, up to date, and the log, or no descriptor where there is none.
  struct Indexed {
    const Index& index;
    base::UniqueFd file;
  };
  [[nodiscard]] Index& index_of(const std::string& deploy);
  [[nodiscard]] Indexed open_indexed(const std::string& deploy);

  std::string releases_;
  std::list<Index> indexes_;  // the one that was asked for last comes first
};

}  // namespace ops::deploy
