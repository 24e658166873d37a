#include "client/event_stream.hpp"

#include <utility>

namespace ops::client {

Result<std::vector<StreamEvent>> EventStreamParser::read(std::string_view bytes) {
  std::vector<StreamEvent> events;
  for (const char c : bytes) {
    const bool ends_crlf = std::exchange(after_cr_, c == '\r') && c == '\n';
    if (ends_crlf) continue;
    if (c == '\r' || c == '\n') {
      end_line(events);
    } else if (line_.size() + data_.size() < limit_) {
      line_.push_back(c);
    } else {
      return Error{"cannot read the event stream: an event is larger than " +
                   std::to_string(limit_) + " bytes"};
    }
  }
  return events;
}

void EventStreamParser::end_line(std::vector<StreamEvent>& events) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  std::string_view line = line_;
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  if (line.empty()) {
    if (has_data_) {
      events.push_back({last_id_, name_.empty() ? "message" : name_, std::move(data_)});
    }
    name_.clear();
    data_.clear();
    has_data_ = false;
  } else if (!line.starts_with(':')) {
    const auto colon = line.find(':');
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    field(line.substr(0, colon), value);
  }
  line_.clear();
}

void EventStreamParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "event") {
    name_ = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    last_id_ = value;
  }
}

}  // namespace ops::client
