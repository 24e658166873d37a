#include "middleware/server/refusal_answer.hpp"

#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

std::string_view code_of(int status) {
  switch (status) {
    case 408:
      return "request-timeout";
    case 413:
      return "too-large";
    case 414:
      return "uri-too-long";
    case 417:
      return "expectation-failed";
    case 431:
      return "head-too-large";
    case 501:
      return "unknown-method";
    case 505:
      return "unknown-version";
    default:
      return "bad-request";
  }
}

}  // namespace

Response refusal_answer(int status, std::string_view reason) {
  return error_answer(status, code_of(status), reason);
}

Response unknown_path_answer() {
  return error_answer(404, "not-found", "there is nothing at this path");
}

Response wrong_method_answer(const std::string& allow) {
  Response answer = error_answer(405, "method-not-allowed", "this path takes " + allow);
  answer.headers.emplace_back("Allow", allow);
  return answer;
}

Response too_large_answer() { return refusal_answer(413, "the body of the request is too large"); }

Response failure_answer() {
  return error_answer(500, "internal", "the application failed to answer");
}

}  // namespace ops::middleware
