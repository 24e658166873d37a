#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "http1/http_date.hpp"
#include "http1/request_parser.hpp"
#include "loop/loop.hpp"
#include "loop/stream.hpp"
#include "middleware/chain.hpp"
#include "middleware/server/connection_machine.hpp"
#include "middleware/server/outbox.hpp"
#include "middleware/server/request_exchange.hpp"
#include "ops/middleware/server.hpp"

namespace ops::middleware {

class Connection;
struct AnswerFrame;

/// Who is told what becomes of a connection.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// It is over. The connection may be on the stack: it must not be destroyed before the loop's
  /// next turn.
  virtual void connection_closed(Connection& connection) = 0;
  /// It has begun, or ceased, to wait for a request.
  virtual void connection_turned(Connection& connection) = 0;
  /// The present request of each connection is its last one.
  [[nodiscard]] virtual bool leaving() const = 0;
  /// A handler ended with an exception; the client has been answered with 500.
  virtual void handler_failed(std::string_view what) = 0;
};

/// What the connections of a server share. All of it outlives them.
struct Surroundings {
  loop::Loop& loop;
  const base::Clock& clock;
  const Chain& chain;
  const ServerLimits& limits;
  http1::HttpDate& date;
  ConnectionOwner& owner;
};

/// One client's connection: reads requests, hands each to its route, writes the answers in order.
/// What it does next is decided by connection_machine.hpp; this class carries it out.
class Connection {
 public:
  Connection(base::UniqueFd socket, const Surroundings& around);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// To be called now and then: ends waits that have lasted too long.
  void check_time();
  /// No further request: the present one is answered, a stream is ended.
  void drain();
  [[nodiscard]] bool busy() const { return is_busy(state_); }
  [[nodiscard]] bool awaits_request() const { return middleware::awaits_request(state_); }
  /// Between two requests.
  [[nodiscard]] bool idle() const { return state_.phase == Phase::idle; }
  /// Closes it where it awaits a request and its client has taken all answers. Whether it has.
  bool make_room();

  // What the exchange of the present request passes on. Each does nothing where it comes too late.
  void answer(Response response);
  void take_body(std::unique_ptr<BodySink> sink);
  void hold_body();
  void resume_body();
  void begin_stream(Response head);
  void write_chunk(std::string_view bytes);
  void end_stream();
  [[nodiscard]] std::size_t queued() const;

 private:
  using Event = ConnectionEvent;
  using Phase = ConnectionPhase;
  using Time = std::chrono::steady_clock::time_point;

  // The stream's events.
  void receive(std::string_view bytes);
  void client_ended();
  void output_taken();

  // From bytes to handlers.
  void parse(std::string_view bytes);
  void parse_pending();
  void serve(const http1::RequestParser::Step& step);
  void begin_request();
  void piece_read(std::string_view piece);
  void request_read();
  void dispatch();
  void call_handler(const Handler& handler);
  void call_streaming(const StreamingHandler& handler);
  void give_to_sink(std::string_view piece);
  template <typename Call>
  void guarded(const Call& call);

  // From answers to bytes.
  [[nodiscard]] bool awaits_answer() const;
  [[nodiscard]] AnswerFrame frame();
  void send_continue();
  void send_refusal(int status, std::string_view reason);
  void finish_stream();

  // The life of the connection.
  void advance(Event event);
  void settle();
  void begin_wait();
  [[nodiscard]] Time latest_end_of_body() const;
  void switch_reading();
  [[nodiscard]] bool nothing_to_wait_for() const;
  void break_body();
  void release_request();
  void close();

  Surroundings around_;
  std::unique_ptr<loop::Stream> stream_;  // none once closed
  std::string peer_;
  ConnectionState state_;
  http1::RequestParser parser_;

  Request request_;
  std::shared_ptr<RequestExchange> exchange_;
  std::unique_ptr<BodySink> sink_;
  const Handler* collecting_for_ = nullptr;  // the handler that gets the whole body
  std::string body_;

  std::string pending_;  // bytes that came while the request before them was being answered
  Outbox outbox_;
  bool parsing_ = false;
  bool draining_ = false;
  bool reading_ = false;
  bool client_done_ = false;

  Time deadline_ = Time::max();
  Time body_began_ = {};
  std::size_t body_bytes_ = 0;
  std::size_t lingered_ = 0;
};

}  // namespace ops::middleware
