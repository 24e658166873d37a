#include "http1/response_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "http1/field.hpp"

namespace ops::http1 {
namespace {

struct Phrase {
  int status;
  std::string_view words;
};

constexpr std::array<Phrase, 42> phrases = {{{200, "OK"},
                                             {201, "Created"},
                                             {202, "Accepted"},
                                             {203, "Non-Authoritative Information"},
                                             {204, "No Content"},
                                             {205, "Reset Content"},
                                             {206, "Partial Content"},
                                             {300, "Multiple Choices"},
                                             {301, "Moved Permanently"},
                                             {302, "Found"},
                                             {303, "See Other"},
                                             {304, "Not Modified"},
                                             {307, "Temporary Redirect"},
                                             {308, "Permanent Redirect"},
                                             {400, "Bad Request"},
                                             {401, "Unauthorized"},
                                             {402, "Payment Required"},
                                             {403, "Forbidden"},
                                             {404, "Not Found"},
                                             {405, "Method Not Allowed"},
                                             {406, "Not Acceptable"},
                                             {408, "Request Timeout"},
                                             {409, "Conflict"},
                                             {410, "Gone"},
                                             {411, "Length Required"},
                                             {412, "Precondition Failed"},
                                             {413, "Content Too Large"},
                                             {414, "URI Too Long"},
                                             {415, "Unsupported Media Type"},
                                             {416, "Range Not Satisfiable"},
                                             {417, "Expectation Failed"},
                                             {422, "Unprocessable Content"},
                                             {428, "Precondition Required"},
                                             {429, "Too Many Requests"},
                                             {431, "Request Header Fields Too Large"},
                                             {500, "Internal Server Error"},
                                             {501, "Not Implemented"},
                                             {502, "Bad Gateway"},
                                             {503, "Service Unavailable"},
                                             {504, "Gateway Timeout"},
                                             {505, "HTTP Version Not Supported"},
                                             {507, "Insufficient Storage"}}};

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits{};
  const auto [end, failure] = std::to_chars(digits.begin(), digits.end(), number, base);
  out.append(digits.begin(), end);
}

}  // namespace

std::string_view reason_phrase(int status) {
  const auto* found = std::ranges::lower_bound(phrases, status, {}, &Phrase::status);
  return found != phrases.end() && found->status == status ? found->words : "Status";
}

HeadWriter::HeadWriter(std::string& out, int status) : out_(out) {
  assert(status >= 100 && status <= 999);
  out_ += "HTTP/1.1 ";
  append_number(out_, static_cast<std::uint64_t>(status), 10);
  out_ += ' ';
  out_ += reason_phrase(status);
  out_ += "\r\n";
}

void HeadWriter::field(std::string_view name, std::string_view value) {
  assert(is_token(name) && is_field_value(value));
  out_ += name;
  out_ += ": ";
  out_ += value;
  out_ += "\r\n";
}

void HeadWriter::field(std::string_view name, std::uint64_t value) {
  out_ += name;
  out_ += ": ";
  append_number(out_, value, 10);
  out_ += "\r\n";
}

void HeadWriter::end() { out_ += "\r\n"; }

void append_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;
  append_number(out, bytes.size(), 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace ops::http1
