#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "ops/middleware/message.hpp"

namespace ops::middleware {

/// Takes the body of a request piece by piece, as it comes. For uploads; ordinary bodies are
/// buffered.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// The bytes are valid during the call only.
  virtual void on_body(std::string_view bytes) = 0;
  /// The body is complete. Neither call comes after this one.
  virtual void on_body_end() = 0;
  /// The client went away, or broke the framing, before the body was complete.
  virtual void on_body_broken() = 0;
};

/// One request and its answer, as the server's connection carries it. It outlives the connection
/// while a Responder holds it; everything does nothing once the client has gone.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// A whole answer. An answer that comes before the body has ended closes the connection
  /// afterwards.
  virtual void send(Response response) = 0;

  /// Sends `100 Continue` where the client waits for it, and hands the body to `sink` from now on.
  /// Only from inside StreamingHandler, before it returns.
  virtual void take_body(std::unique_ptr<BodySink> sink) = 0;
  virtual void pause_body() = 0;
  virtual void resume_body() = 0;

  /// An answer without an end in sight (an event stream): the head now, chunks as they come, then
  /// end_stream().
  virtual void begin_stream(Response head) = 0;
  virtual void write_chunk(std::string_view bytes) = 0;
  virtual void end_stream() = 0;
  /// Bytes that the client has not taken yet.
  [[nodiscard]] virtual std::size_t queued() const = 0;
  /// The client has gone, or the connection was closed.
  [[nodiscard]] virtual bool closed() const = 0;
};

/// Called when the head has been read and before a byte of the body. It answers, takes the body, or
/// keeps the exchange for later. `request` is valid during the call only, its body empty.
using StreamingHandler =
    std::function<void(const Request& request, std::shared_ptr<Exchange> exchange)>;

}  // namespace ops::middleware
