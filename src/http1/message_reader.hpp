#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http1/request_head.hpp"

namespace ops::http1 {

/// llhttp, for one message after the other. It reads the fields, and it is the second reader of
/// what the gates have let pass: where it disagrees about a length, the request is refused.
class MessageReader {
 public:
  MessageReader();
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;
  ~MessageReader();

  /// Reads a complete head into `head`, whose views point into `bytes`. False: not a head.
  [[nodiscard]] bool read_head(std::string_view bytes, RequestHead& head);
  /// Reads what follows it: a piece of the body, or a chunk's line. False: the framing is broken.
  [[nodiscard]] bool read_on(std::string_view bytes);

  /// Bytes of the body, or of the present chunk, that are still to come.
  [[nodiscard]] std::uint64_t remaining() const;
  /// Bytes of the body that have been read.
  [[nodiscard]] std::uint64_t body_bytes() const;
  /// The message has ended.
  [[nodiscard]] bool complete() const;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace ops::http1
