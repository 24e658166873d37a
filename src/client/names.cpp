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

bool is_deploy_name(std::string_view text) { return is_release_name(text); }

}  // namespace ops::client
