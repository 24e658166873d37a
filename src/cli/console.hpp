#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/surroundings.hpp"

namespace ops::cli {

/// Where the program speaks: results on stdout, all else on stderr.
class Console {
 public:
  enum class Tone { plain, dim, good, bad };

  explicit Console(const Surroundings& surroundings);

  /// A result for stdout: bytes as they are. One that cannot be written is told once; that nobody
  /// reads on is no problem.
  void result(std::string_view text);
  [[nodiscard]] bool has_lost() const { return lost_; }
  /// A line for the person who watches.
  void note(std::string_view line, Tone tone = Tone::plain);
  /// "ops: cannot X: reason". Lines after the first are indented.
  void problem(std::string_view message);
  /// A bar that replaces itself, on a terminal only, gone with the next line or at its end.
  void progress(std::string_view what, std::uint64_t done, std::uint64_t total);

 private:
  void clear_progress();
  [[nodiscard]] std::string toned(std::string_view line, Tone tone) const;

  const Surroundings& surroundings_;
  bool lost_ = false;
  bool bar_shown_ = false;
  std::uint64_t bar_cells_ = 0;
};

}  // namespace ops::cli
