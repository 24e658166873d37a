#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "ops/result.hpp"
#include "release/journal.hpp"

namespace ops::release {

/// A line that tells nothing: damaged by the disk, or by hand.
struct UnreadableLine {
  std::size_t number;
  std::string reason;
};

/// "releases.log: line 7 is passed over: …" with what to do about it, for the log.
[[nodiscard]] std::string describe(const UnreadableLine& line);

/// Reads the journal as it grows: each time only what was appended since the time before.
class JournalReader {
 public:
  class Listener {
   public:
    /// What was told before is void: the journal begins again (it was compacted, or somebody
    /// edited it).
    virtual void start_over() = 0;
    virtual void tell(const JournalEntry& entry) = 0;

   protected:
    ~Listener() = default;
  };

  /// `releases` is the open releases directory, which must outlive the reader.
  explicit JournalReader(int releases) : releases_(releases) {}

  /// Tells `listener` what is new. Takes no lock. A torn last line is left for the next time; an
  /// event of a later version and a line that cannot be read are passed over. No journal is an
  /// empty one.
  [[nodiscard]] Result<void> read_on(Listener& listener);

  /// The first of the lines that were passed over.
  [[nodiscard]] const std::vector<UnreadableLine>& unreadable() const { return unreadable_; }

 private:
  [[nodiscard]] bool goes_on(int file) const;
  [[nodiscard]] Result<void> read_from(int file, Listener& listener);
  void take(std::string_view line, Listener& listener);
  void forget();

  int releases_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t read_ = 0;  // to the end of a line
  std::size_t lines_ = 0;
  std::string last_line_;
  std::vector<UnreadableLine> unreadable_;
};

}  // namespace ops::release
