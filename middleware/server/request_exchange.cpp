#include "middleware/server/request_exchange.hpp"

#include <utility>

#include "middleware/server/connection.hpp"

namespace ops::middleware {

void RequestExchange::send(Response response) {
  if (connection_ != nullptr) connection_->answer(std::move(response));
}

void RequestExchange::take_body(std::unique_ptr<BodySink> sink) {
  if (connection_ != nullptr) connection_->take_body(std::move(sink));
}

void RequestExchange::pause_body() {
  if (connection_ != nullptr) connection_->hold_body();
}

void RequestExchange::resume_body() {
  if (connection_ != nullptr) connection_->resume_body();
}

void RequestExchange::begin_stream(Response head) {
  if (connection_ != nullptr) connection_->begin_stream(std::move(head));
}

void RequestExchange::write_chunk(std::string_view bytes) {
  if (connection_ != nullptr) connection_->write_chunk(bytes);
}

void RequestExchange::end_stream() {
  if (connection_ != nullptr) connection_->end_stream();
}

std::size_t RequestExchange::queued() const {
  return connection_ != nullptr ? connection_->queued() : 0;
}

}  // namespace ops::middleware
