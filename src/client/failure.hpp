#pragma once

#include <string>

#include "client/http_message.hpp"

namespace ops::client {

/// Why something did not happen, as far as a script may have to tell apart.
enum class FailureKind {
  other,
  unreachable,      // no connection: nothing was sent
  cut,              // the connection broke
  unavailable,      // 502, 503, 504: nobody serves at this moment
  interrupted,      // the person at the keyboard gave up
  not_authorised,   // wrong or missing credentials, too many attempts
  busy,             // another deploy is running
  build_failed,     // nothing was switched
  not_ready,        // the release failed its trial: rolled back
  timed_out,        // the state of the server is unknown
  archive_refused,  // by its content: nothing changed
  not_serving,      // the server does not serve what was deployed
};

struct Failure {
  FailureKind kind;
  std::string message;  // "cannot X: reason", for the person who must act
};

/// Whether the same request may succeed in a moment: that is how a restarting server looks.
[[nodiscard]] bool is_passing(FailureKind kind);

/// `action` in the form "cannot sign in"; `url` is the server's, which is all there is to tell
/// where it cannot be reached.
[[nodiscard]] Failure failure_of(const std::string& action, const std::string& url,
                                 const HttpFailure& failure);

/// The code of {"error":{"code","message"}}; empty where an answer has none.
[[nodiscard]] std::string error_code(const HttpResponse& response);

/// What an answer that is not the wanted one means, with the server's own words where it has any.
[[nodiscard]] Failure failure_of(const std::string& action, const HttpResponse& response);

}  // namespace ops::client
