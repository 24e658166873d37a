#include <cassert>

#include "middleware/error_answer.hpp"
#include "middleware/exchange.hpp"
#include "ops/middleware/handler.hpp"

namespace ops::middleware {
namespace {

void answer_for_whoever_forgot(std::shared_ptr<Exchange>& exchange) {
  if (exchange) exchange->send(error_answer(500, "no-answer", "the application gave no answer"));
  exchange.reset();
}

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    answer_for_whoever_forgot(exchange_);
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

Responder::~Responder() { answer_for_whoever_forgot(exchange_); }

void Responder::send(Response response) {
  assert(exchange_ && "a request is answered once");
  const std::shared_ptr<Exchange> exchange = std::move(exchange_);
  if (exchange) exchange->send(std::move(response));
}

}  // namespace ops::middleware
