#include "supervisor/status_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ops::supervisor {
namespace {

constexpr std::size_t longest_text = 256;

struct Range {
  char32_t first;
  char32_t last;
};

// Controls, breaks of lines, marks of direction, and what has no shape of its own. The joiners that
// emoji and Persian are written with are among them: such a text is shown in pieces.
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

bool is_shown(char32_t c) {
  return std::ranges::none_of(hidden,
                              [c](Range range) { return c >= range.first && c <= range.last; });
}

struct Character {
  char32_t value = 0;      // 0, which is not shown, where the bytes are no UTF-8
  std::size_t length = 1;  // in bytes
};

std::size_t length_after(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc0) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}

// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_in_shortest_form(Character c) {
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = c.value >= 0xd800 && c.value <= 0xdfff;
  return c.value >= least[c.length] && c.value <= 0x10ffff && !is_surrogate;
}

/// The first character of `text`, which must not be empty.
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = length_after(lead);
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {lead, 1};
  Character read{lead & (0x7fU >> length), length};
  for (const char byte : text.substr(1, length - 1)) {
    const auto next = static_cast<unsigned char>(byte);
    if ((next & 0xc0U) != 0x80) return {};
    read.value = (read.value << 6U) | (next & 0x3fU);
  }
  return is_in_shortest_form(read) ? read : Character{};
}

}  // namespace

std::string status_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character next = first_of(text);
    const std::string_view bytes = next.value == '\t'     ? " "
                                   : is_shown(next.value) ? text.substr(0, next.length)
                                                          : "?";
    if (shown.size() + bytes.size() > longest_text) break;
    shown += bytes;
    text.remove_prefix(next.length);
  }
  return shown;
}

}  // namespace ops::supervisor
