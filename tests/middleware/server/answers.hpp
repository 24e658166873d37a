#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace ops::middleware {

/// An answer as a strict client reads it.
struct Answer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] bool has(std::string_view line) const {
    return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
  }
};

struct Answers {
  std::vector<Answer> all;
  bool whole = false;  // nothing is left over, and nothing is missing
};

/// Reads answers until the bytes end or are no answer. Those to HEAD and those that end with the
/// connection are not for this.
inline Answers read_answers(std::string_view bytes) {
  Answers answers;
  constexpr std::string_view end = "\r\n\r\n";
  while (!bytes.empty()) {
    const auto head_end = bytes.find(end);
    if (!bytes.starts_with("HTTP/1.1 ") || head_end == std::string_view::npos) return answers;
    Answer answer;
    answer.head = bytes.substr(0, head_end + 2);
    std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
    bytes.remove_prefix(head_end + end.size());
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    const auto length_at = answer.head.find(length_field);
    if (length_at != std::string::npos) {
      std::size_t length = 0;
      const char* digits = answer.head.data() + length_at + length_field.size();
      std::from_chars(digits, answer.head.data() + answer.head.size(), length);
      if (bytes.size() < length) return answers;
      answer.body = bytes.substr(0, length);
      bytes.remove_prefix(length);
    } else if (answer.status != 204 && answer.status != 304 && answer.status != 100) {
      return answers;
    }
    answers.all.push_back(answer);
  }
  answers.whole = true;
  return answers;
}

}  // namespace ops::middleware
