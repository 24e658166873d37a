#pragma once

#include <memory>

#include "client/http_message.hpp"
#include "client/patience.hpp"
#include "ops/result.hpp"

namespace ops::client {

/// Sends requests, one at a time, over connections that are kept between them. Only http and https;
/// certificates are checked; no redirect is followed, so a password goes nowhere but where it was
/// sent. The usual proxy variables count, except for this machine itself.
class HttpClient {
 public:
  HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Any status is a response; a failure is that there is none.
  [[nodiscard]] Result<HttpResponse, HttpFailure> send(const HttpRequest& request,
                                                       const Patience& patience);

 private:
  struct Connections;
  std::unique_ptr<Connections> connections_;  // made by the first request: that costs milliseconds
};

}  // namespace ops::client
