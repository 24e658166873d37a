#include "supervisor/printable_text.hpp"

#include <algorithm>
#include <array>

namespace ops::supervisor {
namespace {

struct Character {
  std::size_t length = 1;  // in bytes
  char32_t value = 0;      // 0, which is not shown, where the bytes are no UTF-8
};

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

std::size_t length_by_first_byte(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

// UTF-8 in its one valid spelling: no overlong form, no surrogate, no more than U+10FFFF.
Character first_character(std::string_view text) {
  constexpr std::array<unsigned, 5> bits_of_first{0, 0x7f, 0x1f, 0x0f, 0x07};
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const std::size_t length = length_by_first_byte(byte_at(text, 0));
  if (length == 0 || text.size() < length) return {};
  char32_t value = byte_at(text, 0) & bits_of_first[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80) return {};
    value = (value << 6U) | (byte_at(text, i) & 0x3fU);
  }
  if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {length, value};
}

// Controls, breaks of lines, marks of direction, and what has no shape of its own. The joiners that
// emoji and Persian are written with are among them: such a text is shown in pieces.
bool is_shown(char32_t value) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr std::array<Range, 12> hidden{{{0x00, 0x1f},
                                          {0x7f, 0x9f},
                                          {0xad, 0xad},
                                          {0x61c, 0x61c},
                                          {0x180e, 0x180e},
                                          {0x200b, 0x200f},
                                          {0x2028, 0x202e},
                                          {0x2060, 0x206f},
                                          {0xfeff, 0xfeff},
                                          {0xfff9, 0xfffb},
                                          {0xfffe, 0xffff},
                                          {0xe0000, 0xe0fff}}};
  return std::ranges::none_of(
      hidden, [value](Range range) { return value >= range.first && value <= range.last; });
}

}  // namespace

std::string printable_text(std::string_view bytes, std::size_t longest) {
  std::string text;
  while (!bytes.empty()) {
    const Character next = first_character(bytes);
    std::string_view shown = "?";
    if (next.value == '\t') shown = " ";
    if (is_shown(next.value)) shown = bytes.substr(0, next.length);
    if (text.size() + shown.size() > longest) break;
    text += shown;
    bytes.remove_prefix(next.length);
  }
  return text;
}

}  // namespace ops::supervisor
