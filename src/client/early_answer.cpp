#include "client/early_answer.hpp"

#include <cctype>
#include <charconv>
#include <cstdint>

namespace ops::client {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "HTTP/1.1 409 Conflict"; 0 for anything else.
int status_in(std::string_view line) {
  constexpr std::size_t before = std::string_view("HTTP/1.1 ").size();
  constexpr std::size_t digits = 3;
  if (!line.starts_with("HTTP/1.") || line.size() < before + digits) return 0;
  const std::string_view number = line.substr(before, digits);
  int status = 0;
  const auto read = std::from_chars(number.data(), number.data() + digits, status);
  return read.ptr == number.data() + digits && status >= 100 ? status : 0;
}

// As much of `rest` as the head says that the body has.
std::string_view body_in(const HttpResponse& response, std::string_view rest) {
  const std::string_view length = response.header("content-length");
  std::uint64_t bytes = 0;
  const auto read = std::from_chars(length.data(), length.data() + length.size(), bytes);
  return length.empty() || read.ec != std::errc() ? rest : rest.substr(0, bytes);
}

}  // namespace

void add_header(HttpHeaders& headers, std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  std::string name(line.substr(0, colon));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
}

std::optional<HttpResponse> read_early_answer(std::string_view bytes) {
  for (;;) {
    const auto end = bytes.find(head_end);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view head = bytes.substr(0, end);
    bytes.remove_prefix(end + head_end.size());
    HttpResponse response{.status = status_in(head.substr(0, head.find(line_end)))};
    if (response.status == 0) return std::nullopt;
    if (response.status / 100 == 1) continue;  // leave to go on, which came too late
    for (auto at = head.find(line_end); at != std::string_view::npos; at = head.find(line_end)) {
      head.remove_prefix(at + line_end.size());
      add_header(response.headers, head.substr(0, head.find(line_end)));
    }
    response.body = body_in(response, bytes);
    return response;
  }
}

}  // namespace ops::client
