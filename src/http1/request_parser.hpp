#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http1/header_gate.hpp"
#include "http1/message_reader.hpp"
#include "http1/refusal.hpp"
#include "http1/request_head.hpp"

namespace ops::http1 {

/// Bytes of a connection → requests. No I/O. The outcome depends on the bytes alone, never on how
/// they were split: a head, a chunk's line and a trailer are judged when they are whole or have
/// become too long.
class RequestParser {
 public:
  enum class Event {
    need_more,  // all was consumed and nothing is complete
    head,       // head() is there
    body,       // a piece of the body: Step::body
    end,        // the request is complete; the next call begins the next one
    refused,    // refusal() says why; there is no way on
  };
  struct Step {
    Event event = Event::need_more;
    std::size_t consumed = 0;    // bytes that were used up; the rest goes into the next call
    std::string_view body = {};  // a view into the bytes of this call
  };

  explicit RequestParser(const HeadLimits& limits) : limits_(limits) {}

  /// Reads until something has happened. To be called again with the bytes that were not consumed,
  /// even if none are left, until it says need_more.
  [[nodiscard]] Step next(std::string_view bytes);

  /// Valid from Event::head until the call of next() after Event::end.
  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

 private:
  enum class Section {
    head,
    length_body,
    chunk_line,
    chunk,
    chunk_end,
    trailer,
    complete,
    ended,
    refused
  };
  struct LineLimit {
    std::size_t bytes;
    Refusal refusal;
  };

  Step read_section(std::string_view bytes);
  void begin_request();
  Step refuse(const Refusal& refusal);
  std::size_t skip_blank_line(std::string_view bytes);
  Step read_head(std::string_view bytes);
  Step judge_head(std::size_t consumed);
  Step read_data(std::string_view bytes);
  [[nodiscard]] LineLimit line_limit() const;
  Step read_line(std::string_view bytes);
  std::optional<Refusal> take_line(std::string_view line);
  std::optional<Refusal> take_chunk_line(std::string_view line);
  std::optional<Refusal> take_trailer(std::string_view line);

  HeadLimits limits_;
  MessageReader reader_;
  Section section_ = Section::head;
  RequestHead head_;
  Refusal refusal_;

  std::string buffer_;          // the head, up to where it has been read
  std::size_t line_begin_ = 0;  // in buffer_
  bool blank_line_skipped_ = false;

  std::string line_;             // between two pieces of a chunked body
  std::uint64_t remaining_ = 0;  // of the body or the chunk
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace ops::http1
