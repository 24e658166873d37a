#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "middleware/exchange.hpp"
#include "ops/middleware/handler.hpp"

using namespace ops::middleware;

namespace {

/// Notes what is answered.
class NotingExchange final : public Exchange {
 public:
  void send(Response response) override { statuses.push_back(response.status); }
  void take_body(std::unique_ptr<BodySink>) override {}
  void pause_body() override {}
  void resume_body() override {}
  void begin_stream(Response) override {}
  void write_chunk(std::string_view) override {}
  void end_stream() override {}
  [[nodiscard]] std::size_t queued() const override { return 0; }
  [[nodiscard]] bool closed() const override { return false; }

  std::vector<int> statuses;
};

}  // namespace

TEST_CASE("a responder answers once, and is used up") {
  const auto exchange = std::make_shared<NotingExchange>();
  {
    Responder respond(exchange);
    respond.send(Response::text(200, "pong"));
    CHECK(exchange.use_count() == 1);
  }
  CHECK(exchange->statuses == std::vector<int>{200});
}

TEST_CASE("a responder that is dropped unused answers 500") {
  const auto exchange = std::make_shared<NotingExchange>();
  { const Responder dropped(exchange); }
  CHECK(exchange->statuses == std::vector<int>{500});
}

TEST_CASE("a responder that has been moved is another's to use") {
  const auto exchange = std::make_shared<NotingExchange>();
  {
    Responder first(exchange);
    Responder second(std::move(first));
    second.send(Response::text(200, "pong"));
  }
  CHECK(exchange->statuses == std::vector<int>{200});
}

TEST_CASE("a responder that another one takes the place of answers 500 first") {
  const auto forgotten = std::make_shared<NotingExchange>();
  const auto next = std::make_shared<NotingExchange>();
  Responder respond(forgotten);
  respond = Responder(next);
  CHECK(forgotten->statuses == std::vector<int>{500});
  respond.send(Response::text(204, ""));
  CHECK(next->statuses == std::vector<int>{204});
}
