#include "middleware/server/connection_machine.hpp"

#include <map>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace ops::middleware;

namespace {

const std::vector<ConnectionPhase> phases = {ConnectionPhase::fresh,     ConnectionPhase::idle,
                                             ConnectionPhase::head,      ConnectionPhase::body,
                                             ConnectionPhase::body_held, ConnectionPhase::answering,
                                             ConnectionPhase::streaming, ConnectionPhase::closing,
                                             ConnectionPhase::lingering, ConnectionPhase::closed};

const std::vector<ConnectionEvent> events = {
    ConnectionEvent::bytes_came,        ConnectionEvent::head_read,
    ConnectionEvent::last_head_read,    ConnectionEvent::piece_read,
    ConnectionEvent::body_held,         ConnectionEvent::body_resumed,
    ConnectionEvent::request_read,      ConnectionEvent::refused,
    ConnectionEvent::answered,          ConnectionEvent::stream_begun,
    ConnectionEvent::last_stream_begun, ConnectionEvent::stream_ended,
    ConnectionEvent::output_taken,      ConnectionEvent::client_ended,
    ConnectionEvent::time_out,          ConnectionEvent::write_stalled,
    ConnectionEvent::linger_spent,      ConnectionEvent::drain};

/// What becomes of a connection that has more requests before it, and of one that has not.
struct Outcome {
  ConnectionState from_going_on;
  ConnectionState from_last;
  ConnectionActions actions = {};
};

Outcome to(ConnectionPhase phase, ConnectionActions actions = {}) {
  actions.begin_wait = true;
  return {{phase, false}, {phase, true}, actions};
}
Outcome to_last(ConnectionPhase phase, ConnectionActions actions = {}) {
  actions.begin_wait = true;
  return {{phase, true}, {phase, true}, actions};
}
Outcome stay_as_last(ConnectionPhase phase) { return {{phase, true}, {phase, true}, {}}; }
/// An answer before the end of the request.
Outcome early(ConnectionActions actions = {}) {
  actions.begin_wait = true;
  return {{ConnectionPhase::closing, false, true}, {ConnectionPhase::closing, true, true}, actions};
}
Outcome early_stream() {
  return {{ConnectionPhase::streaming, true, true},
          {ConnectionPhase::streaming, true, true},
          {.begin_wait = true}};
}
/// After an answer: the next request, or the end.
Outcome next_or_closing() {
  return {{ConnectionPhase::idle, false}, {ConnectionPhase::closing, true}, {.begin_wait = true}};
}

const Outcome over = to(ConnectionPhase::closed, {.close = true});

using Row = std::map<ConnectionEvent, Outcome>;

/// Whether its bytes are taken or held makes no other difference.
Row in_body(ConnectionPhase phase) {
  return {{ConnectionEvent::piece_read, to(phase)},
          {ConnectionEvent::body_held, to(ConnectionPhase::body_held)},
          {ConnectionEvent::body_resumed, to(ConnectionPhase::body)},
          {ConnectionEvent::request_read, to(ConnectionPhase::answering)},
          {ConnectionEvent::answered, early()},
          {ConnectionEvent::stream_begun, early_stream()},
          {ConnectionEvent::last_stream_begun, early_stream()},
          {ConnectionEvent::refused, early({.break_body = true, .send_refusal = true})},
          {ConnectionEvent::time_out, early({.break_body = true, .send_time_out = true})},
          {ConnectionEvent::drain, stay_as_last(phase)},
          {ConnectionEvent::client_ended,
           to(ConnectionPhase::closed, {.break_body = true, .close = true})},
          {ConnectionEvent::write_stalled,
           to(ConnectionPhase::closed, {.break_body = true, .close = true})}};
}

/// Everything that means something. What is not listed changes nothing.
const std::map<ConnectionPhase, Row> table = {
    {ConnectionPhase::fresh,
     {{ConnectionEvent::bytes_came, to(ConnectionPhase::head)},
      {ConnectionEvent::drain, to_last(ConnectionPhase::fresh)},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::time_out, over},
      {ConnectionEvent::write_stalled, over}}},
    {ConnectionPhase::idle,
     {{ConnectionEvent::bytes_came, to(ConnectionPhase::head)},
      {ConnectionEvent::drain, to_last(ConnectionPhase::idle)},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::time_out, over},
      {ConnectionEvent::write_stalled, over}}},
    {ConnectionPhase::head,
     {{ConnectionEvent::head_read, to(ConnectionPhase::body)},
      {ConnectionEvent::last_head_read, to_last(ConnectionPhase::body)},
      {ConnectionEvent::refused, early({.send_refusal = true})},
      {ConnectionEvent::time_out, early({.send_time_out = true})},
      {ConnectionEvent::drain, stay_as_last(ConnectionPhase::head)},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::write_stalled, over}}},
    {ConnectionPhase::body, in_body(ConnectionPhase::body)},
    {ConnectionPhase::body_held, in_body(ConnectionPhase::body_held)},
    {ConnectionPhase::answering,
     {{ConnectionEvent::answered, next_or_closing()},
      {ConnectionEvent::stream_begun, to(ConnectionPhase::streaming)},
      {ConnectionEvent::last_stream_begun, to_last(ConnectionPhase::streaming)},
      {ConnectionEvent::drain, stay_as_last(ConnectionPhase::answering)},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::write_stalled, over}}},
    {ConnectionPhase::streaming,
     {{ConnectionEvent::stream_ended, next_or_closing()},
      {ConnectionEvent::drain, to_last(ConnectionPhase::closing, {.end_stream = true})},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::write_stalled, over}}},
    {ConnectionPhase::closing,
     {{ConnectionEvent::output_taken, to(ConnectionPhase::lingering, {.finish_writing = true})},
      {ConnectionEvent::client_ended, over},
      {ConnectionEvent::time_out, over},
      {ConnectionEvent::write_stalled, over},
      {ConnectionEvent::linger_spent, over}}},
    {ConnectionPhase::lingering,
     {{ConnectionEvent::client_ended, over},
      {ConnectionEvent::time_out, over},
      {ConnectionEvent::write_stalled, over},
      {ConnectionEvent::linger_spent, over}}},
    {ConnectionPhase::closed, {}},
};

void check(ConnectionState state, ConnectionEvent event, ConnectionState next,
           const ConnectionActions& actions) {
  const auto step = advance(state, event);
  CHECK(step.next == next);
  CHECK(step.actions == actions);
}

}  // namespace

TEST_CASE("every event in every phase of a connection does what the table says, or nothing") {
  for (const ConnectionPhase phase : phases) {
    for (const ConnectionEvent event : events) {
      INFO("phase " << static_cast<int>(phase) << ", event " << static_cast<int>(event));
      const Row& row = table.at(phase);
      const auto found = row.find(event);
      const ConnectionState going_on{phase, false};
      const ConnectionState last{phase, true};
      if (found == row.end()) {
        check(going_on, event, going_on, {});
        check(last, event, last, {});
      } else {
        check(going_on, event, found->second.from_going_on, found->second.actions);
        check(last, event, found->second.from_last, found->second.actions);
      }
    }
  }
}

TEST_CASE("an ordinary request leads back to idle, the last one to the end") {
  ConnectionState state;
  for (const ConnectionEvent event : {ConnectionEvent::bytes_came, ConnectionEvent::head_read,
                                      ConnectionEvent::request_read, ConnectionEvent::answered}) {
    state = advance(state, event).next;
  }
  CHECK(state == ConnectionState{ConnectionPhase::idle, false});
  for (const ConnectionEvent event :
       {ConnectionEvent::bytes_came, ConnectionEvent::last_head_read, ConnectionEvent::request_read,
        ConnectionEvent::answered, ConnectionEvent::output_taken, ConnectionEvent::client_ended}) {
    state = advance(state, event).next;
  }
  CHECK(state == ConnectionState{ConnectionPhase::closed, true});
}

TEST_CASE("a drain while a request is served lets it be answered and then closes") {
  ConnectionState state{ConnectionPhase::answering, false};
  state = advance(state, ConnectionEvent::drain).next;
  CHECK(answer_is_last(state));
  CHECK(advance(state, ConnectionEvent::answered).next.phase == ConnectionPhase::closing);
}

TEST_CASE("a request that was on its way when the drain began is served, as the last one") {
  ConnectionState state = advance({ConnectionPhase::idle, false}, ConnectionEvent::drain).next;
  CHECK(wait_of(state) == ConnectionWait::late_request);
  state = advance(state, ConnectionEvent::bytes_came).next;
  CHECK(state == ConnectionState{ConnectionPhase::head, true});
}

TEST_CASE("an answer before the end of the body is the last one") {
  CHECK(answer_is_last({ConnectionPhase::body, false}));
  CHECK(answer_is_last({ConnectionPhase::body_held, false}));
  CHECK_FALSE(answer_is_last({ConnectionPhase::answering, false}));
  CHECK(answer_is_last({ConnectionPhase::answering, true}));
}

TEST_CASE("whatever waits for the client has an end") {
  CHECK(wait_of({ConnectionPhase::fresh, false}) == ConnectionWait::first_byte);
  CHECK(wait_of({ConnectionPhase::fresh, true}) == ConnectionWait::late_first_request);
  CHECK(wait_of({ConnectionPhase::idle, false}) == ConnectionWait::first_byte);
  CHECK(wait_of({ConnectionPhase::head, false}) == ConnectionWait::head);
  CHECK(wait_of({ConnectionPhase::body, false}) == ConnectionWait::body);
  CHECK(wait_of({ConnectionPhase::lingering, true, true}) == ConnectionWait::linger);
  CHECK(wait_of({ConnectionPhase::lingering, true, false}) == ConnectionWait::farewell);
  for (const ConnectionPhase phase : {ConnectionPhase::body_held, ConnectionPhase::answering,
                                      ConnectionPhase::streaming, ConnectionPhase::closing}) {
    CHECK(wait_of({phase, false}) == ConnectionWait::forever);
  }
}

TEST_CASE("bytes are parsed only while a request is expected or being read") {
  for (const ConnectionPhase phase : phases) {
    INFO("phase " << static_cast<int>(phase));
    CHECK(reads_request({phase, false}) ==
          (phase == ConnectionPhase::fresh || phase == ConnectionPhase::idle ||
           phase == ConnectionPhase::head || phase == ConnectionPhase::body));
    CHECK(is_busy({phase, false}) ==
          (phase != ConnectionPhase::fresh && phase != ConnectionPhase::idle &&
           phase != ConnectionPhase::closed));
  }
}
