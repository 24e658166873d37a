#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ops::client {

/// A pattern as gitignore(5) writes it: `*` and `?` stay inside a part of a path, `**` as a whole
/// part stands for any number of them, `[…]` for one byte of a set, `\` takes the next byte as it
/// is. Matching takes time in proportion to pattern times path, whatever the pattern.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  /// Whether the whole of `path` ('/'-separated) is matched.
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  enum class Kind : std::uint8_t {
    one_of,       // one byte of `set`
    run,          // any bytes but '/', also none
    everything,   // any bytes, also none
    directories,  // any number of whole parts with the '/' behind each, also none
  };
  struct Token {
    Kind kind;
    std::bitset<256> set = {};
  };

  std::size_t add_stars(std::string_view pattern, std::size_t at);
  std::size_t add_set(std::string_view pattern, std::size_t at);
  void add_byte(char c);

  class Progress;

  std::vector<Token> tokens_;
  std::string text_;        // the bytes that stand for themselves
  bool literal_ = false;    // there are no others
  bool malformed_ = false;  // an open '[' or a '\' at the end: matches nothing
};

}  // namespace ops::client
