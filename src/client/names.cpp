#include "client/names.hpp"

#include <algorithm>
#include <cctype>

namespace ops::client {

bool is_release_name(std::string_view text) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && text.front() != '.' &&
         std::ranges::all_of(text, allowed);
}

bool is_rollback_target(std::string_view text) {
  if (!text.starts_with("@{") || !text.ends_with("}")) return is_release_name(text);
  const std::string_view number = text.substr(2, text.size() - 3);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !number.empty() && number.size() <= 9 && std::ranges::all_of(number, is_digit);
}

bool is_deploy_name(std::string_view text) { return is_release_name(text); }

}  // namespace ops::client
