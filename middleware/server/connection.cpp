#include "middleware/server/connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "http1/response_writer.hpp"
#include "middleware/server/answer_writer.hpp"
#include "middleware/server/refusal_answer.hpp"
#include "middleware/server/wait_time.hpp"

namespace ops::middleware {
namespace {

/// So many bytes may wait on either side before reading stops.
constexpr std::size_t most_waiting_bytes = std::size_t{64} * 1024;
/// A client that sends a whole archive before it reads must be able to: a reset would destroy the
/// answer that tells it why not.
constexpr std::size_t most_lingering_bytes = std::size_t{256} << 20;

}  // namespace

Connection::Connection(base::UniqueFd socket, const Surroundings& around)
    : around_(around),
      stream_(std::make_unique<loop::Stream>(
          around.loop, std::move(socket),
          loop::Stream::Events{.on_bytes = [this](std::string_view bytes) { receive(bytes); },
                               .on_end = [this] { client_ended(); },
                               .on_drained = [this] { output_taken(); }})),
      peer_(stream_->peer_address()),
      parser_({.request_line_bytes = around.limits.request_line_bytes,
               .head_bytes = around.limits.head_bytes,
               .fields = around.limits.header_fields}),
      outbox_(around.loop.now()) {
  begin_wait();
  switch_reading();
}

Connection::~Connection() {
  // Whoever is told now cannot answer any more.
  state_.phase = Phase::closed;
  if (exchange_) exchange_->detach();
  break_body();
}

// ---- The stream's events

void Connection::receive(std::string_view bytes) {
  if (state_.phase == Phase::lingering) {
    lingered_ += bytes.size();
    if (lingered_ > most_lingering_bytes) advance(Event::linger_spent);
    return;
  }
  if (reads_request(state_) && pending_.empty()) {
    parse(bytes);
  } else {
    pending_ += bytes;
  }
  settle();
}

void Connection::client_ended() {
  client_done_ = true;
  // Whoever follows a stream and ends its own side has left.
  if (state_.phase == Phase::streaming) advance(Event::client_ended);
  settle();
}

void Connection::output_taken() {
  // The client has been kept from sending by what it had not taken: its time begins now.
  if (reads_request(state_)) begin_wait();
  settle();
}

// ---- From bytes to handlers

void Connection::parse(std::string_view bytes) {
  parsing_ = true;
  while (reads_request(state_) && queued() < most_waiting_bytes) {
    if (!busy()) {
      if (bytes.empty()) break;
      advance(Event::bytes_came);
    }
    const auto step = parser_.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.event == http1::RequestParser::Event::need_more) break;
    serve(step);
  }
  parsing_ = false;
  if (state_.phase != Phase::closing) pending_ = bytes;
}

void Connection::parse_pending() {
  const std::string bytes = std::exchange(pending_, {});
  parse(bytes);
}

void Connection::serve(const http1::RequestParser::Step& step) {
  switch (step.event) {
    case http1::RequestParser::Event::head:
      begin_request();
      break;
    case http1::RequestParser::Event::body:
      piece_read(step.body);
      break;
    case http1::RequestParser::Event::end:
      request_read();
      break;
    case http1::RequestParser::Event::refused:
      advance(Event::refused);
      break;
    case http1::RequestParser::Event::need_more:
      break;
  }
}

void Connection::begin_request() {
  const http1::RequestHead& head = parser_.head();
  body_began_ = around_.loop.now();
  body_bytes_ = 0;
  const bool another = head.keep_alive && !around_.owner.leaving();
  advance(another ? Event::head_read : Event::last_head_read);
  request_.method = head.method;
  request_.path = head.path;
  request_.query = head.query;
  request_.peer = peer_;
  request_.body = {};
  body_.clear();
  request_.headers.clear();
  for (const http1::Field& field : head.fields) {
    request_.headers.push_back({field.name, field.value});
  }
  // The exchange of an earlier request is used again, unless somebody still holds it.
  if (!exchange_ || exchange_.use_count() > 1) exchange_ = std::make_shared<RequestExchange>();
  exchange_->attach(*this);
  if (head.has_body()) dispatch();
}

void Connection::piece_read(std::string_view piece) {
  body_bytes_ += piece.size();
  advance(Event::piece_read);
  if (sink_) {
    give_to_sink(piece);
  } else if (body_.size() + piece.size() > around_.limits.body_bytes) {
    answer(too_large_answer());
  } else {
    body_ += piece;
  }
}

void Connection::request_read() {
  advance(Event::request_read);
  if (!parser_.head().has_body()) dispatch();
  if (sink_) {
    const std::unique_ptr<BodySink> sink = std::move(sink_);
    guarded([&sink] { sink->on_body_end(); });
  } else if (collecting_for_ != nullptr) {
    request_.body = body_;
    call_handler(*std::exchange(collecting_for_, nullptr));
    if (body_.capacity() > most_kept_capacity) body_ = {};
  }
}

/// Finds the route when the head has been read; a request without a body is complete then.
void Connection::dispatch() {
  // A proxy's rule for a guarded path may have overlooked this spelling of it.
  if (parser_.head().absolute_target && around_.chain.is_guarded(request_.path)) {
    return answer(unknown_path_answer());
  }
  if (auto refusal = around_.chain.refuse(request_)) return answer(std::move(*refusal));
  const RouteMatch match = around_.chain.find(request_.method, request_.path);
  if (match.outcome == RouteMatch::Outcome::unknown_path) {
    answer(unknown_path_answer());
  } else if (match.outcome == RouteMatch::Outcome::wrong_method) {
    answer(wrong_method_answer(match.allow));
  } else if (const auto* streaming = std::get_if<StreamingHandler>(match.handler)) {
    call_streaming(*streaming);
  } else if (parser_.head().content_length > around_.limits.body_bytes) {
    answer(too_large_answer());
  } else if (parser_.head().has_body()) {
    collecting_for_ = std::get_if<Handler>(match.handler);
    send_continue();
  } else {
    call_handler(*std::get_if<Handler>(match.handler));
  }
}

void Connection::call_handler(const Handler& handler) {
  guarded([this, &handler] { handler(request_, Responder(exchange_)); });
}

void Connection::call_streaming(const StreamingHandler& handler) {
  guarded([this, &handler] { handler(request_, exchange_); });
  // Nobody has taken the body, so its answer will come before it has been read.
  if (state_.phase == Phase::body && !sink_) advance(Event::body_held);
}

/// The sink may answer, and thereby give up the body, while it is being called.
void Connection::give_to_sink(std::string_view piece) {
  std::unique_ptr<BodySink> sink = std::move(sink_);
  guarded([&sink, piece] { sink->on_body(piece); });
  if (awaits_answer()) sink_ = std::move(sink);
}

template <typename Call>
void Connection::guarded(const Call& call) {
  try {
    call();
    return;
  } catch (const std::exception& exception) {
    around_.owner.handler_failed(exception.what());
  } catch (...) {
    around_.owner.handler_failed("an exception of unknown type");
  }
  if (state_.phase == Phase::streaming) {
    // Only the missing end can tell the client that the answer is not whole.
    advance(Event::client_ended);
  } else {
    answer(failure_answer());
  }
}

// ---- From answers to bytes

bool Connection::awaits_answer() const {
  return state_.phase == Phase::body || state_.phase == Phase::body_held ||
         state_.phase == Phase::answering;
}

AnswerFrame Connection::frame() {
  return {.date = around_.date.at(around_.clock.wall()),
          .head_only = request_.method == "HEAD",
          .last = answer_is_last(state_),
          .to_1_0 = parser_.head().is_1_0};
}

void Connection::answer(Response response) {
  if (!awaits_answer()) return;
  if (!can_be_sent(response)) {
    around_.owner.handler_failed("an answer has a status or a header field that cannot be sent");
    response = failure_answer();
  }
  append_answer(outbox_.bytes(), response, frame());
  release_request();
  advance(Event::answered);
  settle();
}

void Connection::take_body(std::unique_ptr<BodySink> sink) {
  if (!awaits_answer()) return;
  sink_ = std::move(sink);
  send_continue();
}

/// A client that waits for leave to send its body gets it.
void Connection::send_continue() {
  if (state_.phase == Phase::body && parser_.head().expects_continue) {
    outbox_.bytes() += http1::continue_line;
  }
}

void Connection::hold_body() {
  if (state_.phase == Phase::body) advance(Event::body_held);
}

void Connection::resume_body() {
  if (state_.phase != Phase::body_held) return;
  // What we have made it wait is not the client's.
  body_began_ = around_.loop.now();
  body_bytes_ = 0;
  advance(Event::body_resumed);
  if (!parsing_) parse_pending();
  settle();
}

void Connection::begin_stream(Response head) {
  if (!awaits_answer()) return;
  if (!can_be_sent(head)) return answer(std::move(head));
  AnswerFrame framing = frame();
  framing.last = framing.last || framing.to_1_0;
  append_stream_head(outbox_.bytes(), head, framing);
  sink_.reset();
  advance(framing.last ? Event::last_stream_begun : Event::stream_begun);
  if (framing.head_only) {
    release_request();
    advance(Event::stream_ended);
  }
  // One that begins in the middle of a drain would never see the drain's beginning.
  if (draining_) advance(Event::drain);
  settle();
}

void Connection::write_chunk(std::string_view bytes) {
  if (state_.phase != Phase::streaming) return;
  if (parser_.head().is_1_0) {
    outbox_.bytes() += bytes;
  } else {
    http1::append_chunk(outbox_.bytes(), bytes);
  }
  settle();
}

void Connection::end_stream() {
  if (state_.phase != Phase::streaming) return;
  finish_stream();
  advance(Event::stream_ended);
  settle();
}

void Connection::finish_stream() {
  if (!parser_.head().is_1_0) outbox_.bytes() += http1::last_chunk;
  release_request();
}

std::size_t Connection::queued() const { return stream_ ? outbox_.queued(*stream_) : 0; }

void Connection::send_refusal(int status, std::string_view reason) {
  append_answer(outbox_.bytes(), refusal_answer(status, reason),
                {.date = around_.date.at(around_.clock.wall()), .last = true});
  release_request();
}

// ---- The life of the connection

void Connection::advance(Event event) {
  const auto [next, actions] = middleware::advance(state_, event);
  const bool awaited = awaits_request();
  state_ = next;
  if (awaits_request() != awaited) around_.owner.connection_turned(*this);
  if (actions.begin_wait) begin_wait();
  if (actions.break_body) break_body();
  if (actions.send_refusal) send_refusal(parser_.refusal().status, parser_.refusal().reason);
  if (actions.send_time_out) send_refusal(408, "the request did not come in time");
  if (actions.end_stream) finish_stream();
  if (actions.finish_writing) stream_->finish_writing();
  if (actions.close) close();
}

/// The end of everything that happens to a connection: what can be sent is sent, what can be read
/// is read. While requests are being parsed this waits, so that their answers go out together.
void Connection::settle() {
  if (parsing_ || !stream_) return;
  outbox_.flush(*stream_);
  while (reads_request(state_) && !pending_.empty() && queued() < most_waiting_bytes) {
    parse_pending();
    outbox_.flush(*stream_);
  }
  if (state_.phase == Phase::closing && queued() == 0) advance(Event::output_taken);
  if (client_done_ && nothing_to_wait_for()) return advance(Event::client_ended);
  switch_reading();
}

/// A client that has ended its side may still wait for what it has asked for.
bool Connection::nothing_to_wait_for() const {
  return queued() == 0 && pending_.empty() && state_.phase != Phase::answering &&
         state_.phase != Phase::body_held;
}

void Connection::begin_wait() {
  const auto time = wait_time(wait_of(state_), around_.limits);
  deadline_ = time == std::chrono::milliseconds::max() ? Time::max() : around_.loop.now() + time;
  if (state_.phase == Phase::body) deadline_ = std::min(deadline_, latest_end_of_body());
}

/// However it is cut into pieces, a body must come at a rate.
Connection::Time Connection::latest_end_of_body() const {
  const std::chrono::milliseconds earned(body_bytes_ * 1000 / around_.limits.body_bytes_a_second);
  return body_began_ + around_.limits.body_pause + earned;
}

void Connection::check_time() {
  const Time now = around_.loop.now();
  if (outbox_.stalled_for(*stream_, now) >= around_.limits.write_pause) {
    advance(Event::write_stalled);
  } else if (now >= deadline_ && queued() == 0) {
    advance(Event::time_out);
  }
  settle();
}

bool Connection::make_room() {
  if (!awaits_request() || queued() > 0) return false;
  advance(Event::client_ended);
  return true;
}

void Connection::drain() {
  draining_ = true;
  advance(Event::drain);
  settle();
}

void Connection::switch_reading() {
  const bool wanted =
      !client_done_ && (state_.phase == Phase::lingering ||
                        (reads_request(state_) && queued() < most_waiting_bytes) ||
                        // A stream reads on, because only that tells when the client leaves.
                        (state_.phase == Phase::streaming && pending_.size() < most_waiting_bytes));
  if (wanted == std::exchange(reading_, wanted)) return;
  if (wanted) {
    stream_->start_reading();
  } else {
    stream_->stop_reading();
  }
}

void Connection::break_body() {
  const std::unique_ptr<BodySink> sink = std::move(sink_);
  if (sink) guarded([&sink] { sink->on_body_broken(); });
}

/// The present request has got all of its answer, or will get none.
void Connection::release_request() {
  if (exchange_) exchange_->detach();
  sink_.reset();
  collecting_for_ = nullptr;
}

void Connection::close() {
  release_request();
  stream_.reset();
  around_.owner.connection_closed(*this);
}

}  // namespace ops::middleware
