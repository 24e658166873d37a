#include "http1/request_parser.hpp"

#include <algorithm>
#include <utility>

#include "http1/chunk_gate.hpp"

namespace ops::http1 {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr Refusal no_crlf = {400, "a line does not end with CRLF"};
constexpr Refusal broken_chunk = {400, "the chunks of the body are not framed as HTTP/1.1 says"};

}  // namespace

RequestParser::Step RequestParser::next(std::string_view bytes) {
  Step step;
  std::size_t consumed = 0;
  do {
    step = read_section(bytes.substr(consumed));
    consumed += step.consumed;
  } while (step.event == Event::need_more &&
           (consumed < bytes.size() || section_ == Section::complete));
  step.consumed = consumed;
  return step;
}

RequestParser::Step RequestParser::read_section(std::string_view bytes) {
  switch (section_) {
    case Section::ended:
      begin_request();
      [[fallthrough]];
    case Section::head:
      return read_head(bytes);
    case Section::length_body:
    case Section::chunk:
      return read_data(bytes);
    case Section::chunk_line:
    case Section::chunk_end:
    case Section::trailer:
      return read_line(bytes);
    case Section::complete:
      section_ = Section::ended;
      return {.event = Event::end};
    case Section::refused:
      break;
  }
  return {.event = Event::refused};
}

void RequestParser::begin_request() {
  section_ = Section::head;
  buffer_.clear();
  line_begin_ = 0;
  blank_line_skipped_ = false;
  extension_bytes_ = 0;
  trailer_bytes_ = 0;
}

RequestParser::Step RequestParser::refuse(const Refusal& refusal) {
  section_ = Section::refused;
  refusal_ = refusal;
  return {.event = Event::refused};
}

/// RFC 9112 2.2: one empty line before a request is read over.
std::size_t RequestParser::skip_blank_line(std::string_view bytes) {
  std::size_t skipped = 0;
  while (!blank_line_skipped_ && skipped < bytes.size() && buffer_.size() < line_end.size() &&
         line_end.starts_with(buffer_) && bytes[skipped] == line_end[buffer_.size()]) {
    buffer_ += bytes[skipped++];
    blank_line_skipped_ = buffer_ == line_end;
  }
  if (blank_line_skipped_ && buffer_ == line_end) buffer_.clear();
  return skipped;
}

RequestParser::Step RequestParser::read_head(std::string_view bytes) {
  std::size_t consumed = skip_blank_line(bytes);
  const std::string_view room = bytes.substr(0, consumed + limits_.head_bytes - buffer_.size());
  while (consumed < room.size()) {
    const auto newline = room.find('\n', consumed);
    const bool whole = newline != std::string_view::npos;
    const std::string_view piece =
        room.substr(consumed, whole ? newline + 1 - consumed : std::string_view::npos);
    buffer_ += piece;
    consumed += piece.size();
    const std::size_t line_bytes = buffer_.size() - line_begin_;
    const std::size_t ending = whole ? line_end.size() : 1;  // of the CRLF, what may be there
    if (line_begin_ == 0 && line_bytes > limits_.request_line_bytes + ending) {
      return refuse({414, "the request line is too long"});
    }
    if (!whole) break;
    if (!buffer_.ends_with(line_end)) return refuse(no_crlf);
    if (line_bytes == line_end.size()) return judge_head(consumed);
    line_begin_ = buffer_.size();
  }
  if (buffer_.size() >= limits_.head_bytes) {
    return refuse({431, "the head of the request is too large"});
  }
  return {.consumed = consumed};
}

RequestParser::Step RequestParser::judge_head(std::size_t consumed) {
  if (const auto refusal = check_head(buffer_, limits_)) return refuse(*refusal);
  if (!reader_.read_head(buffer_, head_)) {
    return refuse({400, "the head of the request is not HTTP/1.1"});
  }
  remaining_ = head_.content_length;
  section_ = head_.framing == RequestHead::Framing::chunked ? Section::chunk_line
             : head_.has_body()                             ? Section::length_body
                                                            : Section::complete;
  return {.event = Event::head, .consumed = consumed};
}

RequestParser::Step RequestParser::read_data(std::string_view bytes) {
  const auto length = std::min<std::uint64_t>(remaining_, bytes.size());
  if (length == 0) return {};
  const std::string_view piece = bytes.substr(0, static_cast<std::size_t>(length));
  const std::uint64_t before = reader_.body_bytes();
  remaining_ -= length;
  const bool last_of_body = section_ == Section::length_body && remaining_ == 0;
  if (!reader_.read_on(piece) || reader_.body_bytes() - before != length ||
      reader_.complete() != last_of_body) {
    return refuse({400, "the body of the request is not framed as its head says"});
  }
  if (remaining_ == 0) section_ = last_of_body ? Section::complete : Section::chunk_end;
  return {.event = Event::body, .consumed = piece.size(), .body = piece};
}

RequestParser::LineLimit RequestParser::line_limit() const {
  if (section_ == Section::chunk_line) {
    return {most_chunk_line_bytes + line_end.size(), {413, "a chunk's first line is too long"}};
  }
  if (section_ == Section::trailer) {
    return {most_trailer_bytes + line_end.size() - trailer_bytes_,
            {431, "there are too many trailers"}};
  }
  return {line_end.size(), broken_chunk};
}

RequestParser::Step RequestParser::read_line(std::string_view bytes) {
  const LineLimit limit = line_limit();
  const std::string_view room = bytes.substr(0, limit.bytes - line_.size());
  const auto newline = room.find('\n');
  const bool whole = newline != std::string_view::npos;
  const std::string_view piece = whole ? room.substr(0, newline + 1) : room;
  line_ += piece;
  if (!whole && line_.size() >= limit.bytes) return refuse(limit.refusal);
  if (!whole) return {.consumed = piece.size()};
  const std::string line = std::exchange(line_, {});
  if (!line.ends_with(line_end)) return refuse(no_crlf);
  if (const auto refusal = take_line(line)) return refuse(*refusal);
  return {.consumed = piece.size()};
}

/// A whole line of a chunked body: what begins a chunk, what ends one, or a trailer.
std::optional<Refusal> RequestParser::take_line(std::string_view line) {
  if (section_ == Section::chunk_line) return take_chunk_line(line);
  if (section_ == Section::trailer && line != line_end) return take_trailer(line);
  if (line != line_end || !reader_.read_on(line)) return broken_chunk;
  const bool last = section_ == Section::trailer;
  if (reader_.complete() != last) return broken_chunk;
  section_ = last ? Section::complete : Section::chunk_line;
  return std::nullopt;
}

std::optional<Refusal> RequestParser::take_chunk_line(std::string_view line) {
  const auto chunk = read_chunk_line(line.substr(0, line.size() - line_end.size()));
  if (!chunk) return chunk.error();
  extension_bytes_ += chunk->extension_bytes;
  if (extension_bytes_ > most_extension_bytes) {
    return Refusal{413, "the chunk extensions of the body are too long"};
  }
  if (!reader_.read_on(line) || reader_.remaining() != chunk->size) return broken_chunk;
  remaining_ = chunk->size;
  section_ = remaining_ == 0 ? Section::trailer : Section::chunk;
  return std::nullopt;
}

/// Trailers are checked and dropped: the reader never sees them, so they cannot become fields.
std::optional<Refusal> RequestParser::take_trailer(std::string_view line) {
  trailer_bytes_ += line.size();
  if (trailer_bytes_ > most_trailer_bytes) return line_limit().refusal;
  line.remove_suffix(line_end.size());
  if (line.find('\r') != std::string_view::npos) return no_crlf;
  return check_field_line(line);
}

}  // namespace ops::http1
