#include "middleware/server/connection_machine.hpp"

namespace ops::middleware {
namespace {

using Actions = ConnectionActions;
using Event = ConnectionEvent;
using Phase = ConnectionPhase;
using Transition = ConnectionTransition;
using Wait = ConnectionWait;

Transition stay(ConnectionState state) { return {state, {}}; }

/// A new phase begins its wait.
Transition go(ConnectionState state, Phase phase, Actions actions = {}) {
  state.phase = phase;
  actions.begin_wait = true;
  return {state, actions};
}

Transition close(ConnectionState state, Actions actions = {}) {
  actions.close = true;
  return go(state, Phase::closed, actions);
}

/// The way of every answer that has ended.
Transition after_answer(ConnectionState state) {
  return go(state, state.last ? Phase::closing : Phase::idle);
}

/// The answer has come before the end of the request.
Transition answer_early(ConnectionState state, Actions actions = {}) {
  state.unread = true;
  return go(state, Phase::closing, actions);
}

Transition stream_early(ConnectionState state) {
  state.last = state.unread = true;
  return go(state, Phase::streaming);
}

Transition begin_head(ConnectionState state) { return go(state, Phase::head); }

Transition begin_body(ConnectionState state, bool last) {
  state.last = state.last || last;
  return go(state, Phase::body);
}

Transition make_last(ConnectionState state) {
  state.last = true;
  return stay(state);
}

Transition between_requests(ConnectionState state, Event event) {
  switch (event) {
    case Event::bytes_came:
      return begin_head(state);
    case Event::drain:
      state.last = true;
      return go(state, state.phase);
    case Event::client_ended:
    case Event::time_out:
    case Event::write_stalled:
      return close(state);
    case Event::head_read:
    case Event::last_head_read:
    case Event::piece_read:
    case Event::body_held:
    case Event::body_resumed:
    case Event::request_read:
    case Event::refused:
    case Event::answered:
    case Event::stream_begun:
    case Event::last_stream_begun:
    case Event::stream_ended:
    case Event::output_taken:
    case Event::linger_spent:
      break;
  }
  return stay(state);
}

Transition in_head(ConnectionState state, Event event) {
  switch (event) {
    case Event::head_read:
      return begin_body(state, false);
    case Event::last_head_read:
      return begin_body(state, true);
    case Event::refused:
      return answer_early(state, {.send_refusal = true});
    case Event::time_out:
      return answer_early(state, {.send_time_out = true});
    case Event::client_ended:
    case Event::write_stalled:
      return close(state);
    case Event::drain:
      return make_last(state);
    case Event::bytes_came:
    case Event::piece_read:
    case Event::body_held:
    case Event::body_resumed:
    case Event::request_read:
    case Event::answered:
    case Event::stream_begun:
    case Event::last_stream_begun:
    case Event::stream_ended:
    case Event::output_taken:
    case Event::linger_spent:
      break;
  }
  return stay(state);
}

/// Phase::body and Phase::body_held.
Transition in_body(ConnectionState state, Event event) {
  switch (event) {
    case Event::piece_read:
      return go(state, state.phase);
    case Event::body_held:
      return go(state, Phase::body_held);
    case Event::body_resumed:
      return go(state, Phase::body);
    case Event::request_read:
      return go(state, Phase::answering);
    case Event::answered:
      return answer_early(state);
    case Event::stream_begun:
    case Event::last_stream_begun:
      return stream_early(state);
    case Event::refused:
      return answer_early(state, {.break_body = true, .send_refusal = true});
    case Event::time_out:
      return answer_early(state, {.break_body = true, .send_time_out = true});
    case Event::client_ended:
    case Event::write_stalled:
      return close(state, {.break_body = true});
    case Event::drain:
      return make_last(state);
    case Event::bytes_came:
    case Event::head_read:
    case Event::last_head_read:
    case Event::stream_ended:
    case Event::output_taken:
    case Event::linger_spent:
      break;
  }
  return stay(state);
}

Transition in_answering(ConnectionState state, Event event) {
  switch (event) {
    case Event::answered:
      return after_answer(state);
    case Event::stream_begun:
      return go(state, Phase::streaming);
    case Event::last_stream_begun:
      state.last = true;
      return go(state, Phase::streaming);
    case Event::client_ended:
    case Event::write_stalled:
      return close(state);
    case Event::drain:
      return make_last(state);
    case Event::bytes_came:
    case Event::head_read:
    case Event::last_head_read:
    case Event::piece_read:
    case Event::body_held:
    case Event::body_resumed:
    case Event::request_read:
    case Event::refused:
    case Event::stream_ended:
    case Event::output_taken:
    case Event::time_out:
    case Event::linger_spent:
      break;
  }
  return stay(state);
}

Transition in_streaming(ConnectionState state, Event event) {
  switch (event) {
    case Event::stream_ended:
      return after_answer(state);
    case Event::drain:
      state.last = true;
      return go(state, Phase::closing, {.end_stream = true});
    case Event::client_ended:
    case Event::write_stalled:
      return close(state);
    case Event::bytes_came:
    case Event::head_read:
    case Event::last_head_read:
    case Event::piece_read:
    case Event::body_held:
    case Event::body_resumed:
    case Event::request_read:
    case Event::refused:
    case Event::answered:
    case Event::stream_begun:
    case Event::last_stream_begun:
    case Event::output_taken:
    case Event::time_out:
    case Event::linger_spent:
      break;
  }
  return stay(state);
}

/// Phase::closing and Phase::lingering.
Transition in_closing(ConnectionState state, Event event) {
  switch (event) {
    case Event::output_taken:
      return state.phase == Phase::closing ? go(state, Phase::lingering, {.finish_writing = true})
                                           : stay(state);
    case Event::client_ended:
    case Event::time_out:
    case Event::write_stalled:
    case Event::linger_spent:
      return close(state);
    case Event::bytes_came:
    case Event::head_read:
    case Event::last_head_read:
    case Event::piece_read:
    case Event::body_held:
    case Event::body_resumed:
    case Event::request_read:
    case Event::refused:
    case Event::answered:
    case Event::stream_begun:
    case Event::last_stream_begun:
    case Event::stream_ended:
    case Event::drain:
      break;
  }
  return stay(state);
}

}  // namespace

Transition advance(ConnectionState state, Event event) {
  switch (state.phase) {
    case Phase::fresh:
    case Phase::idle:
      return between_requests(state, event);
    case Phase::head:
      return in_head(state, event);
    case Phase::body:
    case Phase::body_held:
      return in_body(state, event);
    case Phase::answering:
      return in_answering(state, event);
    case Phase::streaming:
      return in_streaming(state, event);
    case Phase::closing:
    case Phase::lingering:
      return in_closing(state, event);
    case Phase::closed:
      break;
  }
  return stay(state);
}

Wait wait_of(const ConnectionState& state) {
  switch (state.phase) {
    case Phase::fresh:
      return state.last ? Wait::late_first_request : Wait::first_byte;
    case Phase::idle:
      return state.last ? Wait::late_request : Wait::first_byte;
    case Phase::head:
      return Wait::head;
    case Phase::body:
      return Wait::body;
    case Phase::lingering:
      return state.unread ? Wait::linger : Wait::farewell;
    case Phase::body_held:
    case Phase::answering:
    case Phase::streaming:
    case Phase::closing:
    case Phase::closed:
      break;
  }
  return Wait::forever;
}

bool reads_request(const ConnectionState& state) {
  return state.phase == Phase::fresh || state.phase == Phase::idle || state.phase == Phase::head ||
         state.phase == Phase::body;
}

bool awaits_request(const ConnectionState& state) {
  return state.phase == Phase::fresh || state.phase == Phase::idle || state.phase == Phase::head;
}

bool is_busy(const ConnectionState& state) {
  return state.phase != Phase::fresh && state.phase != Phase::idle && state.phase != Phase::closed;
}

bool answer_is_last(const ConnectionState& state) {
  return state.last || state.phase == Phase::body || state.phase == Phase::body_held;
}

}  // namespace ops::middleware
