#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "ops/middleware/message.hpp"

namespace ops::middleware {

class Exchange;

/// The right to answer one request, once. It may be kept and used after the handler has returned,
/// on the server's thread. Dropped unused it answers 500, so no client waits for ever. Answering a
/// client that has gone is no error and does nothing.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  /// Sends the answer; the responder is used up. A second call is a programmer's error and asserts.
  void send(Response response);

 private:
  std::shared_ptr<Exchange> exchange_;
};

/// Called on the server's thread; must not block it. An exception that leaves it is answered with
/// 500.
using Handler = std::function<void(const Request&, Responder)>;

}  // namespace ops::middleware
