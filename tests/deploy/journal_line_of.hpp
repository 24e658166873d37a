#pragma once

#include <string>

#include "release/journal.hpp"

/// A journal line as a test writes it: the event, its deploy, its release, and the second it came.
inline ops::release::JournalEntry line_of(ops::release::EventKind event, const std::string& deploy,
                                          const std::string& release = "", int second = 0,
                                          const std::string& reason = "") {
  ops::release::JournalEntry entry;
  entry.event = event;
  entry.deploy = deploy;
  entry.release = release;
  entry.reason = reason;
  entry.time = std::chrono::system_clock::time_point(std::chrono::seconds(1000 + second));
  return entry;
}
