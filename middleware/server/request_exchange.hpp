#pragma once

#include "middleware/exchange.hpp"

namespace ops::middleware {

class Connection;

/// The exchange of one request with its connection. Whoever holds it may do so for as long as they
/// like: once the answer is complete or the connection has gone it is detached and does nothing.
class RequestExchange final : public Exchange {
 public:
  void attach(Connection& connection) { connection_ = &connection; }
  void detach() { connection_ = nullptr; }

  void send(Response response) override;
  void take_body(std::unique_ptr<BodySink> sink) override;
  void pause_body() override;
  void resume_body() override;
  void begin_stream(Response head) override;
  void write_chunk(std::string_view bytes) override;
  void end_stream() override;
  [[nodiscard]] std::size_t queued() const override;
  [[nodiscard]] bool closed() const override { return connection_ == nullptr; }

 private:
  Connection* connection_ = nullptr;
};

}  // namespace ops::middleware
