#include "http1/header_gate.hpp"

#include <algorithm>
#include <array>

#include "http1/field.hpp"
#include "http1/request_target.hpp"

namespace ops::http1 {
namespace {

using Verdict = std::optional<Refusal>;

constexpr std::size_t most_length_digits = 18;  // what fits into 63 bits whatever the digits
constexpr std::array<std::string_view, 7> served_methods = {"GET",   "HEAD",   "POST",   "PUT",
                                                            "PATCH", "DELETE", "OPTIONS"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What the fields of a head say about framing, to be judged when all have been seen.
struct Tally {
  std::size_t fields = 0;
  std::size_t hosts = 0;
  std::string_view host;
  std::size_t lengths = 0;
  std::size_t codings = 0;
};

Verdict bad(std::string_view reason) { return Refusal{400, reason}; }

/// Takes the next line off `rest`. Nothing where it does not end with CRLF, or holds another CR.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return std::nullopt;
  const std::string_view line = rest.substr(0, end - 1);
  if (line.find('\r') != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end + 1);
  return line;
}

bool is_target(std::string_view target) {
  return !target.empty() &&
         std::ranges::all_of(target, [](char c) { return c >= 0x21 && c <= 0x7e && c != '#'; });
}

bool looks_like_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
         is_digit(text[7]);
}

Verdict check_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return bad("the request line is not \"METHOD target HTTP/1.1\"");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(method)) return bad("the method is not a token");
  if (!is_target(line.substr(first + 1, second - first - 1))) {
    return bad("the request target holds a byte that does not belong there");
  }
  if (!looks_like_version(version)) {
    return bad("the request line does not end with the version, HTTP/1.1");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Refusal{505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  }
  if (std::ranges::find(served_methods, method) == served_methods.end()) {
    return Refusal{501, "this server knows GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS"};
  }
  return std::nullopt;
}

bool is_host(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~!$&'()*+;=:%[]").find(c) != std::string_view::npos;
  });
}

Verdict check_length(std::string_view value) {
  if (value.empty() || value.size() > most_length_digits || !std::ranges::all_of(value, is_digit)) {
    return bad("Content-Length is not a number of 1 to 18 digits");
  }
  return std::nullopt;
}

/// Judges the fields that decide where the request ends and who answers it.
Verdict check_field(const Field& field, Tally& tally) {
  if (same_token(field.name, "host")) {
    ++tally.hosts;
    tally.host = field.value;
    if (!is_host(field.value)) return bad("Host is not a host name with a port");
  } else if (same_token(field.name, "content-length")) {
    ++tally.lengths;
    return check_length(field.value);
  } else if (same_token(field.name, "transfer-encoding")) {
    ++tally.codings;
    if (!same_token(field.value, "chunked")) return bad("Transfer-Encoding is not \"chunked\"");
  } else if (same_token(field.name, "expect") && !same_token(field.value, "100-continue")) {
    return Refusal{417, "this server knows the expectation 100-continue only"};
  }
  return std::nullopt;
}

Verdict check_framing(const Tally& tally, std::string_view version) {
  const bool is_1_0 = version == "HTTP/1.0";
  if (tally.hosts > 1) return bad("there is more than one Host");
  if (tally.hosts == 0 && !is_1_0) return bad("there is no Host");
  if (tally.lengths > 1) return bad("there is more than one Content-Length");
  if (tally.codings > 1) return bad("there is more than one Transfer-Encoding");
  if (tally.codings == 1 && tally.lengths == 1) {
    return bad("there are both Transfer-Encoding and Content-Length");
  }
  if (tally.codings == 1 && is_1_0) return bad("HTTP/1.0 has no Transfer-Encoding");
  return std::nullopt;
}

/// Two names for the host would leave a proxy and this server with two meanings (RFC 9112 3.2.2).
Verdict check_target_host(std::string_view request_line, const Tally& tally) {
  const auto first = request_line.find(' ');
  const auto length = request_line.rfind(' ') - first - 1;
  const RequestTarget target = split_target(request_line.substr(first + 1, length));
  if (!target.absolute) return std::nullopt;
  if (target.authority.empty() || !is_host(target.authority)) {
    return bad("the request target names no host");
  }
  if (tally.hosts == 1 && !same_token(target.authority, tally.host)) {
    return bad("the request target names another host than Host does");
  }
  return std::nullopt;
}

constexpr std::string_view line_end_reason =
    "a line of the head does not end with CRLF, or holds a CR elsewhere";

}  // namespace

std::optional<Refusal> check_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    return bad("a header line begins with a blank: folded lines are not taken");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header line has no colon");
  if (!is_token(line.substr(0, colon))) return bad("the name of a header field is not a token");
  if (!is_field_value(line.substr(colon + 1))) {
    return bad("the value of a header field holds a control byte");
  }
  return std::nullopt;
}

std::optional<Refusal> check_head(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.head_bytes) return Refusal{431, "the head of the request is too large"};
  const auto request_line = take_line(head);
  if (!request_line) return bad(line_end_reason);
  if (request_line->size() > limits.request_line_bytes) {
    return Refusal{414, "the request line is too long"};
  }
  if (const Verdict refusal = check_request_line(*request_line)) return refusal;
  Tally tally;
  for (;;) {
    const auto line = take_line(head);
    if (!line) return bad(line_end_reason);
    if (line->empty()) break;
    if (++tally.fields > limits.fields) return Refusal{431, "there are too many header fields"};
    if (const Verdict refusal = check_field_line(*line)) return refusal;
    const auto colon = line->find(':');
    const Field field{line->substr(0, colon), trimmed(line->substr(colon + 1))};
    if (const Verdict refusal = check_field(field, tally)) return refusal;
  }
  if (!head.empty()) return bad("there are bytes after the end of the head");
  if (const Verdict refusal = check_target_host(*request_line, tally)) return refusal;
  return check_framing(tally, request_line->substr(request_line->rfind(' ') + 1));
}

}  // namespace ops::http1
