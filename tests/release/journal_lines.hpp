#pragma once

#include <string>
#include <vector>

#include "release/journal.hpp"

using Lines = std::vector<ops::release::JournalEntry>;
using Names = std::vector<std::string>;

inline ops::release::JournalEntry line(ops::release::EventKind event,
                                       const std::string& release = "",
                                       const std::string& deploy = "") {
  ops::release::JournalEntry entry;
  entry.event = event;
  entry.release = release;
  entry.deploy = deploy;
  return entry;
}

/// A deploy from its first line to its last.
inline void deploy_healthy(Lines& lines, const std::string& id) {
  using ops::release::EventKind;
  lines.push_back(line(EventKind::received, "", "d-" + id));
  lines.push_back(line(EventKind::published, id, "d-" + id));
  lines.push_back(line(EventKind::switched, id, "d-" + id));
  lines.push_back(line(EventKind::healthy, id, "d-" + id));
}
