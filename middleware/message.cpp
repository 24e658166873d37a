#include "ops/middleware/message.hpp"

#include <algorithm>

#include "http1/field.hpp"

namespace ops::middleware {

std::string_view Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [name](const HeaderField& field) { return http1::same_token(field.name, name); });
  return found == headers.end() ? std::string_view{} : found->value;
}

std::size_t Request::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [name](const HeaderField& field) { return http1::same_token(field.name, name); }));
}

std::string_view Request::query_value(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == name) return pair.substr(std::min(equals + 1, pair.size()));
  }
  return {};
}

Response Response::text(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

Response Response::json(int status, std::string body) {
  return {.status = status, .body = std::move(body), .content_type = "application/json"};
}

}  // namespace ops::middleware
