#include "http1/request_target.hpp"

#include "http1/field.hpp"

namespace ops::http1 {
namespace {

/// Without scheme and "//", where it has one of those that this server serves.
std::string_view without_scheme(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (same_token(target.substr(0, scheme.size()), scheme)) return target.substr(scheme.size());
  }
  return {};
}

}  // namespace

RequestTarget split_target(std::string_view target) {
  RequestTarget split;
  if (const std::string_view rest = without_scheme(target); !rest.empty()) {
    split.absolute = true;
    split.authority = rest.substr(0, rest.find_first_of("/?"));
    target = rest.substr(split.authority.size());
  }
  const auto question = target.find('?');
  split.path = target.substr(0, question);
  if (split.absolute && split.path.empty()) split.path = "/";
  if (question != std::string_view::npos) split.query = target.substr(question + 1);
  return split;
}

}  // namespace ops::http1
