#pragma once

namespace ops::middleware {

/// Where a connection is in its life:
///
///   idle → head → body ⇄ body_held → answering → idle …      the next request
///                                       ↓
///                                    streaming               an answer without a known end
///   any of them → closing → lingering → closed               the last answer
///
/// An answer is last when the client or a drain wants it so, and when it comes before the body of
/// its request has been read: then nobody can tell where the next request would begin.
enum class ConnectionPhase {
  fresh,      // accepted, and not a byte has come
  idle,       // between two requests
  head,       // some of a head has come
  body,       // the head is complete, the body is being read
  body_held,  // the same, but whoever takes the body wants no more for now
  answering,  // the request is complete, its answer is not
  streaming,  // the answer has begun, and its end is the handler's to tell
  closing,    // the last answer is written, the kernel has not taken all of it
  lingering,  // we have sent our last byte, the client perhaps not: see wait_of()
  closed
};

enum class ConnectionEvent {
  bytes_came,
  head_read,
  last_head_read,  // and the client wants the connection closed after the answer
  piece_read,      // of the body
  body_held,
  body_resumed,
  request_read,
  refused,  // the bytes are no request: the refusal must be sent
  answered,
  stream_begun,
  last_stream_begun,  // one whose end only the end of the connection can tell
  stream_ended,
  output_taken,   // all that was written has been handed to the kernel
  client_ended,   // no byte will come any more, or the connection broke
  time_out,       // what wait_of() says has lasted too long
  write_stalled,  // the client takes nothing of what was written
  linger_spent,   // more bytes came after the end than are worth reading
  drain
};

struct ConnectionState {
  ConnectionPhase phase = ConnectionPhase::fresh;
  bool last = false;    // there is no request after the present one
  bool unread = false;  // the answer has come before the end of the request

  bool operator==(const ConnectionState&) const = default;
};

/// What is to be done when the state has been entered, in this order.
struct ConnectionActions {
  bool begin_wait = false;      // the time of wait_of() runs anew
  bool break_body = false;      // tell whoever takes the body that it will not be complete
  bool send_refusal = false;    // of the bytes
  bool send_time_out = false;   // 408
  bool end_stream = false;      // write what ends the answer
  bool finish_writing = false;  // send FIN
  bool close = false;

  bool operator==(const ConnectionActions&) const = default;
};

struct ConnectionTransition {
  ConnectionState next;
  ConnectionActions actions;
};

/// Every event may come in every phase, late ones too; one that means nothing there changes
/// nothing.
[[nodiscard]] ConnectionTransition advance(ConnectionState state, ConnectionEvent event);

/// What the present phase waits for, and thereby how long it may last.
enum class ConnectionWait {
  forever,     // for our own side: a handler, or one who takes a body
  first_byte,  // of a connection or of the next request
  head,        // counted from its first byte
  body,        // counted from its latest piece
  /// For a request that may be on its way when a drain begins. Then nothing is lost by closing.
  late_request,
  late_first_request,
  /// For the client to close after our FIN. A close with unread bytes would be a reset, which can
  /// destroy the answer before the client has read it.
  farewell,
  /// The same, of a client that is probably still sending.
  linger
};
[[nodiscard]] ConnectionWait wait_of(const ConnectionState& state);

/// Whether the next bytes are parsed now; otherwise they wait.
[[nodiscard]] bool reads_request(const ConnectionState& state);

/// Whether no request has come yet, or not all of a head: nothing is lost to a client that must
/// make room for another one.
[[nodiscard]] bool awaits_request(const ConnectionState& state);

/// Whether a request is being served.
[[nodiscard]] bool is_busy(const ConnectionState& state);

/// Whether an answer that is begun now closes the connection when it has ended.
[[nodiscard]] bool answer_is_last(const ConnectionState& state);

}  // namespace ops::middleware
