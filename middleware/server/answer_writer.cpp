#include "middleware/server/answer_writer.hpp"

#include <algorithm>
#include <array>

#include "http1/field.hpp"
#include "http1/response_writer.hpp"

namespace ops::middleware {
namespace {

constexpr std::array<std::string_view, 4> framing_fields = {"content-length", "transfer-encoding",
                                                            "connection", "date"};

bool frames(std::string_view name) {
  return std::ranges::any_of(framing_fields, [name](std::string_view framing) {
    return http1::same_token(name, framing);
  });
}

/// RFC 9110 8.6 and 15.4.5: these answers have neither body nor length.
bool has_no_body(int status) { return status == 204 || status == 304; }

void append_fields(http1::HeadWriter& head, const Response& response, const AnswerFrame& frame) {
  head.field("Date", frame.date);
  if (!has_no_body(response.status)) head.field("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) {
    if (!frames(name)) head.field(name, value);
  }
  if (frame.last) {
    head.field("Connection", "close");
  } else if (frame.to_1_0) {
    head.field("Connection", "keep-alive");
  }
}

}  // namespace

bool can_be_sent(const Response& response) {
  return response.status >= 200 && response.status <= 599 &&
         http1::is_field_value(response.content_type) &&
         std::ranges::all_of(response.headers, [](const auto& field) {
           return http1::is_token(field.first) && http1::is_field_value(field.second);
         });
}

void append_answer(std::string& out, const Response& response, const AnswerFrame& frame) {
  http1::HeadWriter head(out, response.status);
  append_fields(head, response, frame);
  if (!has_no_body(response.status)) head.field("Content-Length", response.body.size());
  head.end();
  if (!frame.head_only && !has_no_body(response.status)) out += response.body;
}

void append_stream_head(std::string& out, const Response& response, const AnswerFrame& frame) {
  http1::HeadWriter head(out, response.status);
  append_fields(head, response, frame);
  if (!frame.to_1_0) head.field("Transfer-Encoding", "chunked");
  head.end();
  if (frame.head_only) return;
  if (frame.to_1_0) {
    out += response.body;
  } else {
    http1::append_chunk(out, response.body);
  }
}

}  // namespace ops::middleware
