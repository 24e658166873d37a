#include "archive/utf8.hpp"

#include <cassert>
#include <cstddef>

namespace ops::archive {
namespace {

constexpr std::size_t longest_print = 256;

struct Lead {
  std::size_t length;
  char32_t bits;
  char32_t least;  // a smaller value in this length is an overlong form
};

std::optional<Lead> lead_of(unsigned char byte) {
  if (byte < 0x80) return Lead{1, byte, 0};
  if (byte >= 0xc0 && byte < 0xe0) return Lead{2, byte & 0x1fU, 0x80};
  if (byte >= 0xe0 && byte < 0xf0) return Lead{3, byte & 0x0fU, 0x800};
  if (byte >= 0xf0 && byte < 0xf8) return Lead{4, byte & 0x07U, 0x10000};
  return std::nullopt;
}

// Scripts whose every character in the range is visible and runs from left to right.
bool is_plain(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
  return (c >= 0xc0 && c <= 0x24f) || (c >= 0x370 && c <= 0x482) || (c >= 0x3041 && c <= 0x3096) ||
         (c >= 0x30a1 && c <= 0x30fa) || (c >= 0x4e00 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3);
}

void append_escaped(std::string& text, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += "\\x";
  text += digits[byte >> 4U];
  text += digits[byte & 0xfU];
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& text) {
  assert(!text.empty());
  const auto lead = lead_of(static_cast<unsigned char>(text[0]));
  if (!lead || text.size() < lead->length) return std::nullopt;
  char32_t value = lead->bits;
  for (std::size_t i = 1; i < lead->length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80) return std::nullopt;
    value = (value << 6U) | (byte & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < lead->least || value > 0x10ffff || surrogate) return std::nullopt;
  text.remove_prefix(lead->length);
  return value;
}

void append_utf8(std::string& text, char32_t c) {
  const auto tail = [c](unsigned shift) {
    return static_cast<char>(0x80U | ((c >> shift) & 0x3fU));
  };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0U | (c >> 6U));
    text += tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xe0U | (c >> 12U));
    text += tail(6);
    text += tail(0);
  } else {
    text += static_cast<char>(0xf0U | (c >> 18U));
    text += tail(12);
    text += tail(6);
    text += tail(0);
  }
}

std::string printable(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    if (text.size() >= longest_print) return text + "...";
    std::string_view rest = bytes;
    const auto code_point = take_code_point(rest);
    const std::size_t length = code_point ? bytes.size() - rest.size() : 1;
    const std::string_view taken = bytes.substr(0, length);
    if (code_point && is_plain(*code_point)) {
      text += taken;
    } else {
      for (const char byte : taken) append_escaped(text, static_cast<unsigned char>(byte));
    }
    bytes.remove_prefix(length);
  }
  return text;
}

}  // namespace ops::archive
