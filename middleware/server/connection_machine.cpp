#include "middleware/server/connection_machine.hpp"

namespace ops::middleware {
namespace {

using Actions = ConnectionActions;
using Event = ConnectionEvent;
using Transition = ConnectionTransition;
using Wait = ConnectionWait;

Transition stay(ConnectionState state) { return {state, {}}; }

/// A new phase begins its wait.
Transition go(ConnectionState state, ConnectionPhase phase, Actions actions = {}) {
  state.phase = phase;
  actions.begin_wait = true;
  return {state, actions};
}

Transition close(ConnectionState state, Actions actions = {}) {
  actions.close = true;
  return go(state, ConnectionPhase::closed, actions);
}

/// The way of every answer that has ended.
Transition after_answer(ConnectionState state) {
  return go(state, state.last ? ConnectionPhase::closing : ConnectionPhase::idle);
}

/// The answer has come before the end of the request.
Transition answer_early(ConnectionState state, Actions actions = {}) {
  state.unread = true;
  return go(state, ConnectionPhase::closing, actions);
}

Transition stream_early(ConnectionState state) {
  state.last = state.unread = true;
  return go(state, ConnectionPhase::streaming);
}

Transition begin_head(ConnectionState state) { return go(state, ConnectionPhase::head); }

Transition begin_body(ConnectionState state, bool last) {
  state.last = state.last || last;
  return go(state, ConnectionPhase::body);
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

/// ConnectionPhase::body and ConnectionPhase::body_held.
Transition in_body(ConnectionState state, Event event) {
  switch (event) {
    case Event::piece_read:
      return go(state, state.phase);
    case Event::body_held:
      return go(state, ConnectionPhase::body_held);
    case Event::body_resumed:
      return go(state, ConnectionPhase::body);
    case Event::request_read:
      return go(state, ConnectionPhase::answering);
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
      return go(state, ConnectionPhase::streaming);
    case Event::last_stream_begun:
      state.last = true;
      return go(state, ConnectionPhase::streaming);
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
      return go(state, ConnectionPhase::closing, {.end_stream = true});
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

/// ConnectionPhase::closing and ConnectionPhase::lingering.
Transition in_closing(ConnectionState state, Event event) {
  switch (event) {
    case Event::output_taken:
      return state.phase == ConnectionPhase::closing
                 ? go(state, ConnectionPhase::lingering, {.finish_writing = true})
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
    case ConnectionPhase::fresh:
    case ConnectionPhase::idle:
      return between_requests(state, event);
    case ConnectionPhase::head:
      return in_head(state, event);
    case ConnectionPhase::body:
    case ConnectionPhase::body_held:
      return in_body(state, event);
    case ConnectionPhase::answering:
      return in_answering(state, event);
    case ConnectionPhase::streaming:
      return in_streaming(state, event);
    case ConnectionPhase::closing:
    case ConnectionPhase::lingering:
      return in_closing(state, event);
    case ConnectionPhase::closed:
      break;
  }
  return stay(state);
}

Wait wait_of(const ConnectionState& state) {
  switch (state.phase) {
    case ConnectionPhase::fresh:
      return state.last ? Wait::late_first_request : Wait::first_byte;
    case ConnectionPhase::idle:
      return state.last ? Wait::late_request : Wait::first_byte;
    case ConnectionPhase::head:
      return Wait::head;
    case ConnectionPhase::body:
      return Wait::body;
    case ConnectionPhase::lingering:
      return state.unread ? Wait::linger : Wait::farewell;
    case ConnectionPhase::body_held:
    case ConnectionPhase::answering:
    case ConnectionPhase::streaming:
    case ConnectionPhase::closing:
    case ConnectionPhase::closed:
      break;
  }
  return Wait::forever;
}

bool reads_request(const ConnectionState& state) {
  return state.phase == ConnectionPhase::fresh || state.phase == ConnectionPhase::idle ||
         state.phase == ConnectionPhase::head || state.phase == ConnectionPhase::body;
}

bool awaits_request(const ConnectionState& state) {
  return state.phase == ConnectionPhase::fresh || state.phase == ConnectionPhase::idle ||
         state.phase == ConnectionPhase::head;
}

bool is_busy(const ConnectionState& state) {
  return state.phase != ConnectionPhase::fresh && state.phase != ConnectionPhase::idle &&
         state.phase != ConnectionPhase::closed;
}

bool answer_is_last(const ConnectionState& state) {
  return state.last || state.phase == ConnectionPhase::body ||
         state.phase == ConnectionPhase::body_held;
}

}  // namespace ops::middleware
