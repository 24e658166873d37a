#include "middleware/server/connection_machine.hpp"

#include <map>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace ops::middleware;
using Phase = ConnectionPhase;
using Event = ConnectionEvent;
using Actions = ConnectionActions;

namespace {

const std::vector<Phase> phases = {
    Phase::fresh,     Phase::idle,      Phase::head,    Phase::body,      Phase::body_held,
    Phase::answering, Phase::streaming, Phase::closing, Phase::lingering, Phase::closed};

const std::vector<Event> events = {
    Event::bytes_came,   Event::head_read,    Event::last_head_read,    Event::piece_read,
    Event::body_held,    Event::body_resumed, Event::request_read,      Event::refused,
    Event::answered,     Event::stream_begun, Event::last_stream_begun, Event::stream_ended,
    Event::output_taken, Event::client_ended, Event::time_out,          Event::write_stalled,
    Event::linger_spent, Event::drain};

/// What becomes of a connection that has more requests before it, and of one that has not.
struct Outcome {
  ConnectionState from_going_on;
  ConnectionState from_last;
  Actions actions = {};
};

Outcome to(Phase phase, Actions actions = {}) {
  actions.begin_wait = true;
  return {{phase, false}, {phase, true}, actions};
}
Outcome to_last(Phase phase, Actions actions = {}) {
  actions.begin_wait = true;
  return {{phase, true}, {phase, true}, actions};
}
Outcome stay_as_last(Phase phase) { return {{phase, true}, {phase, true}, {}}; }
/// An answer before the end of the request.
Outcome early(Actions actions = {}) {
  actions.begin_wait = true;
  return {{Phase::closing, false, true}, {Phase::closing, true, true}, actions};
}
Outcome early_stream() {
  return {{Phase::streaming, true, true}, {Phase::streaming, true, true}, {.begin_wait = true}};
}
/// After an answer: the next request, or the end.
Outcome next_or_closing() {
  return {{Phase::idle, false}, {Phase::closing, true}, {.begin_wait = true}};
}

const Outcome over = to(Phase::closed, {.close = true});

using Row = std::map<Event, Outcome>;

/// Everything that means something. What is not listed changes nothing.
const std::map<Phase, Row> table = {
    {Phase::fresh,
     {{Event::bytes_came, to(Phase::head)},
      {Event::drain, to_last(Phase::fresh)},
      {Event::client_ended, over},
      {Event::time_out, over},
      {Event::write_stalled, over}}},
    {Phase::idle,
     {{Event::bytes_came, to(Phase::head)},
      {Event::drain, to_last(Phase::idle)},
      {Event::client_ended, over},
      {Event::time_out, over},
      {Event::write_stalled, over}}},
    {Phase::head,
     {{Event::head_read, to(Phase::body)},
      {Event::last_head_read, to_last(Phase::body)},
      {Event::refused, early({.send_refusal = true})},
      {Event::time_out, early({.send_time_out = true})},
      {Event::drain, stay_as_last(Phase::head)},
      {Event::client_ended, over},
      {Event::write_stalled, over}}},
    {Phase::body,
     {{Event::piece_read, to(Phase::body)},
      {Event::body_held, to(Phase::body_held)},
      {Event::body_resumed, to(Phase::body)},
      {Event::request_read, to(Phase::answering)},
      {Event::answered, early()},
      {Event::stream_begun, early_stream()},
      {Event::last_stream_begun, early_stream()},
      {Event::refused, early({.break_body = true, .send_refusal = true})},
      {Event::time_out, early({.break_body = true, .send_time_out = true})},
      {Event::drain, stay_as_last(Phase::body)},
      {Event::client_ended, to(Phase::closed, {.break_body = true, .close = true})},
      {Event::write_stalled, to(Phase::closed, {.break_body = true, .close = true})}}},
    {Phase::body_held,
     {{Event::piece_read, to(Phase::body_held)},
      {Event::body_held, to(Phase::body_held)},
      {Event::body_resumed, to(Phase::body)},
      {Event::request_read, to(Phase::answering)},
      {Event::answered, early()},
      {Event::stream_begun, early_stream()},
      {Event::last_stream_begun, early_stream()},
      {Event::refused, early({.break_body = true, .send_refusal = true})},
      {Event::time_out, early({.break_body = true, .send_time_out = true})},
      {Event::drain, stay_as_last(Phase::body_held)},
      {Event::client_ended, to(Phase::closed, {.break_body = true, .close = true})},
      {Event::write_stalled, to(Phase::closed, {.break_body = true, .close = true})}}},
    {Phase::answering,
     {{Event::answered, next_or_closing()},
      {Event::stream_begun, to(Phase::streaming)},
      {Event::last_stream_begun, to_last(Phase::streaming)},
      {Event::drain, stay_as_last(Phase::answering)},
      {Event::client_ended, over},
      {Event::write_stalled, over}}},
    {Phase::streaming,
     {{Event::stream_ended, next_or_closing()},
      {Event::drain, to_last(Phase::closing, {.end_stream = true})},
      {Event::client_ended, over},
      {Event::write_stalled, over}}},
    {Phase::closing,
     {{Event::output_taken, to(Phase::lingering, {.finish_writing = true})},
      {Event::client_ended, over},
      {Event::time_out, over},
      {Event::write_stalled, over},
      {Event::linger_spent, over}}},
    {Phase::lingering,
     {{Event::client_ended, over},
      {Event::time_out, over},
      {Event::write_stalled, over},
      {Event::linger_spent, over}}},
    {Phase::closed, {}},
};

void check(ConnectionState state, Event event, ConnectionState next, const Actions& actions) {
  const auto step = advance(state, event);
  CHECK(step.next == next);
  CHECK(step.actions == actions);
}

}  // namespace

TEST_CASE("every event in every phase of a connection does what the table says, or nothing") {
  for (const Phase phase : phases) {
    for (const Event event : events) {
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
  for (const Event event :
       {Event::bytes_came, Event::head_read, Event::request_read, Event::answered}) {
    state = advance(state, event).next;
  }
  CHECK(state == ConnectionState{Phase::idle, false});
  for (const Event event : {Event::bytes_came, Event::last_head_read, Event::request_read,
                            Event::answered, Event::output_taken, Event::client_ended}) {
    state = advance(state, event).next;
  }
  CHECK(state == ConnectionState{Phase::closed, true});
}

TEST_CASE("a drain while a request is served lets it be answered and then closes") {
  ConnectionState state{Phase::answering, false};
  state = advance(state, Event::drain).next;
  CHECK(answer_is_last(state));
  CHECK(advance(state, Event::answered).next.phase == Phase::closing);
}

TEST_CASE("a request that was on its way when the drain began is served, as the last one") {
  ConnectionState state = advance({Phase::idle, false}, Event::drain).next;
  CHECK(wait_of(state) == ConnectionWait::late_request);
  state = advance(state, Event::bytes_came).next;
  CHECK(state == ConnectionState{Phase::head, true});
}

TEST_CASE("an answer before the end of the body is the last one") {
  CHECK(answer_is_last({Phase::body, false}));
  CHECK(answer_is_last({Phase::body_held, false}));
  CHECK_FALSE(answer_is_last({Phase::answering, false}));
  CHECK(answer_is_last({Phase::answering, true}));
}

TEST_CASE("whatever waits for the client has an end") {
  CHECK(wait_of({Phase::fresh, false}) == ConnectionWait::first_byte);
  CHECK(wait_of({Phase::fresh, true}) == ConnectionWait::late_first_request);
  CHECK(wait_of({Phase::idle, false}) == ConnectionWait::first_byte);
  CHECK(wait_of({Phase::head, false}) == ConnectionWait::head);
  CHECK(wait_of({Phase::body, false}) == ConnectionWait::body);
  CHECK(wait_of({Phase::lingering, true, true}) == ConnectionWait::linger);
  CHECK(wait_of({Phase::lingering, true, false}) == ConnectionWait::farewell);
  for (const Phase phase : {Phase::body_held, Phase::answering, Phase::streaming, Phase::closing}) {
    CHECK(wait_of({phase, false}) == ConnectionWait::forever);
  }
}

TEST_CASE("bytes are parsed only while a request is expected or being read") {
  for (const Phase phase : phases) {
    INFO("phase " << static_cast<int>(phase));
    CHECK(reads_request({phase, false}) == (phase == Phase::fresh || phase == Phase::idle ||
                                            phase == Phase::head || phase == Phase::body));
    CHECK(is_busy({phase, false}) ==
          (phase != Phase::fresh && phase != Phase::idle && phase != Phase::closed));
  }
}
