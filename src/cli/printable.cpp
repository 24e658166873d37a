#include "cli/printable.hpp"

#include <cstddef>

#include "archive/utf8.hpp"

namespace ops::cli {
namespace {

constexpr char32_t escape = 0x1b;
// Controls of 8 bits, and ESC with the letter that stands 0x40 below, are the same.
constexpr char32_t control_sequence = 0x9b;
constexpr char32_t string_end = 0x9c;

bool is_between(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

// Device control, start of string, operating system, privacy message, program command.
bool begins_string(char32_t control) {
  return control == 0x90 || control == 0x98 || control == 0x9d || control == 0x9e ||
         control == 0x9f;
}

// The next character, and the text after it; 0xfffd for a byte that is no UTF-8.
char32_t take(std::string_view& text) {
  if (const auto c = archive::take_code_point(text)) return *c;
  text.remove_prefix(1);
  return 0xfffd;
}

void drop_while_between(std::string_view& text, char first, char last) {
  while (!text.empty() && text.front() >= first && text.front() <= last) text.remove_prefix(1);
}

void drop_if_between(std::string_view& text, char first, char last) {
  if (!text.empty() && text.front() >= first && text.front() <= last) text.remove_prefix(1);
}

// Up to BEL, the string's own end, or what breaks it off; a line end stays.
void drop_string(std::string_view& text) {
  constexpr char32_t bell = 0x07;
  constexpr char32_t cancel = 0x18;
  constexpr char32_t substitute = 0x1a;
  while (!text.empty() && text.front() != '\n') {
    const char32_t c = take(text);
    if (c == bell || c == cancel || c == substitute || c == string_end) return;
    if (c == escape) return drop_if_between(text, '\\', '\\');
  }
}

// What follows a control of 8 bits.
void drop_sequence(char32_t control, std::string_view& text) {
  if (begins_string(control)) return drop_string(text);
  if (control != control_sequence) return;
  drop_while_between(text, '0', '?');
  drop_while_between(text, ' ', '/');
  drop_if_between(text, '@', '~');
}

// What follows ESC: a letter that makes it a control of 8 bits, or marks and another letter.
void drop_escaped(std::string_view& text) {
  if (!text.empty() && is_between(static_cast<unsigned char>(text.front()), '@', '_')) {
    return drop_sequence(take(text) + 0x40, text);
  }
  drop_while_between(text, ' ', '/');
  drop_if_between(text, '0', '~');
}

bool is_control(char32_t c) { return c < 0x20 || is_between(c, 0x7f, 0x9f); }

// Line separators, and the marks that reorder the text around them.
bool is_disorder(char32_t c) {
  return c == 0x61c || c == 0x200e || c == 0x200f || is_between(c, 0x2028, 0x202e) ||
         is_between(c, 0x2066, 0x2069);
}

}  // namespace

std::string printable(std::string_view text, Lines lines) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = take(text);
    if (c == escape) {
      drop_escaped(text);
    } else if (begins_string(c) || c == control_sequence) {
      drop_sequence(c, text);
    } else if (c == '\t' || (c == '\n' && lines == Lines::many)) {
      clean += static_cast<char>(c);
    } else if (c == 0xfffd || is_control(c) || is_disorder(c)) {
      clean += '?';
    } else {
      clean += before.substr(0, before.size() - text.size());
    }
  }
  return clean;
}

}  // namespace ops::cli
