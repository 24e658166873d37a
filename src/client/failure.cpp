#include "client/failure.hpp"

#include "client/json_object.hpp"

namespace ops::client {
namespace {

FailureKind kind_of(HttpFailureKind kind) {
  switch (kind) {
    case HttpFailureKind::unreachable:
      return FailureKind::unreachable;
    case HttpFailureKind::timed_out:
      return FailureKind::timed_out;
    case HttpFailureKind::cut:
      return FailureKind::cut;
    case HttpFailureKind::interrupted:
      return FailureKind::interrupted;
    case HttpFailureKind::too_large:
      return FailureKind::other;
  }
  return FailureKind::other;
}

FailureKind kind_of(int status) {
  switch (status) {
    case 401:
    case 403:
    case 429:
      return FailureKind::not_authorised;
    case 409:
      return FailureKind::busy;
    case 413:
    case 415:
    case 422:
      return FailureKind::archive_refused;
    case 502:
    case 503:
    case 504:
      return FailureKind::unavailable;
    default:
      return FailureKind::other;
  }
}

// What is neither another's deploy nor the archive's fault, although its status says so.
bool is_no_matter_of_status(const std::string& code) {
  return code == "cancelled" || code == "too-late" || code == "idempotency-key-reused";
}

// Of {"error":{"code","message"}}; empty for any other body.
std::string error_in(const std::string& body, const char* member) {
  const auto json = JsonObject::parse(body);
  const auto error = json ? json->object("error") : std::nullopt;
  return error ? error->text(member) : std::string();
}

}  // namespace

bool is_passing(FailureKind kind) {
  return kind == FailureKind::unreachable || kind == FailureKind::cut ||
         kind == FailureKind::unavailable || kind == FailureKind::timed_out;
}

Failure failure_of(const std::string& action, const std::string& url, const HttpFailure& failure) {
  const FailureKind kind = kind_of(failure.kind);
  const bool reached = kind != FailureKind::unreachable;
  return {kind, (reached ? action : "cannot reach " + url) + ": " + failure.message};
}

std::string error_code(const HttpResponse& response) { return error_in(response.body, "code"); }

Failure failure_of(const std::string& action, const HttpResponse& response) {
  std::string reason = error_in(response.body, "message");
  if (reason.empty()) reason = "the server answers " + std::to_string(response.status);
  std::string message = action + ": " + reason;
  if (response.status / 100 == 3 && !response.header("location").empty()) {
    message += ": it is at " + std::string(response.header("location")) + "; use that URL";
  }
  if (response.status == 429 && !response.header("retry-after").empty()) {
    message += " (again in " + std::string(response.header("retry-after")) + " s)";
  }
  if (is_no_matter_of_status(error_code(response))) return {FailureKind::other, std::move(message)};
  return {kind_of(response.status), std::move(message)};
}

}  // namespace ops::client
