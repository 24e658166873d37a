#pragma once

#include <string>
#include <string_view>

#include "ops/middleware/message.hpp"

namespace ops::middleware {

/// What the connection adds to an answer of its own.
struct AnswerFrame {
  std::string_view date = {};
  bool head_only = false;  // the request was HEAD
  bool last = false;       // the connection ends with this answer
  bool to_1_0 = false;     // the client speaks HTTP/1.0: no chunks, and staying must be said
};

/// Whether an answer can be sent as it is: a status of 200 to 599, and fields that cannot break out
/// of their line.
[[nodiscard]] bool can_be_sent(const Response& response);

/// Appends a whole answer. Fields that frame it (Content-Length, Transfer-Encoding, Connection,
/// Date) are the server's: those of `response.headers` are left out.
void append_answer(std::string& out, const Response& response, const AnswerFrame& frame);

/// Appends the head of an answer whose length is not known, and `response.body` as its beginning.
void append_stream_head(std::string& out, const Response& response, const AnswerFrame& frame);

}  // namespace ops::middleware
