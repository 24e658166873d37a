#pragma once

#include <mutex>
#include <vector>

#include "ops/result.hpp"
#include "release/history.hpp"
#include "release/journal_reader.hpp"

namespace ops::release {

/// The History of a journal that others append to, kept up to date line by line. May be asked from
/// several threads at once.
class KnownHistory final : private JournalReader::Listener {
 public:
  /// `releases` is the open releases directory, which must outlive it.
  explicit KnownHistory(int releases) : reader_(releases) {}
  KnownHistory(const KnownHistory&) = delete;
  KnownHistory& operator=(const KnownHistory&) = delete;
  ~KnownHistory() = default;

  /// As of now.
  [[nodiscard]] Result<History> now();
  [[nodiscard]] std::vector<UnreadableLine> unreadable() const;

 private:
  void start_over() override { history_ = {}; }
  void tell(const JournalEntry& entry) override { history_.add(entry); }

  mutable std::mutex guard_;
  JournalReader reader_;
  History history_;
};

}  // namespace ops::release
