#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ops/result.hpp"

namespace ops::client {

/// One event of a stream.
struct StreamEvent {
  std::string id;    // of the last event that had one
  std::string name;  // "message" where none was given
  std::string data;  // lines joined by LF

  bool operator==(const StreamEvent&) const = default;
};

/// Reads `text/event-stream` as it comes, in pieces of any size: the same bytes give the same
/// events wherever they are cut. Comments and fields that nobody knows are skipped.
class EventStreamParser {
 public:
  /// `limit`: bytes of one event, fields and all.
  explicit EventStreamParser(std::size_t limit = std::size_t{1} << 20) : limit_(limit) {}

  /// The events that are complete now. An event that is too large is an error, and the end.
  [[nodiscard]] Result<std::vector<StreamEvent>> read(std::string_view bytes);

 private:
  void end_line(std::vector<StreamEvent>& events);
  void field(std::string_view name, std::string_view value);

  std::size_t limit_;
  std::string line_;
  std::string last_id_;
  std::string name_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;  // a LF now belongs to the CR before it
  bool first_line_ = true;
};

}  // namespace ops::client
