#pragma once

#include <string>

#include "base/log.hpp"
#include "deploy/deploy_record.hpp"
#include "release/journal_reader.hpp"
#include "release/release_store.hpp"

namespace ops::deploy {

/// All deploys that the journal knows, kept up to date line by line. `store` and `log` must outlive
/// it.
class JournalSnapshot final : private release::JournalReader::Listener {
 public:
  JournalSnapshot(const release::ReleaseStore& store, base::Log& log)
      : log_(log), reader_(store.directory()) {}
  JournalSnapshot(const JournalSnapshot&) = delete;
  JournalSnapshot& operator=(const JournalSnapshot&) = delete;
  ~JournalSnapshot() = default;

  /// As of now, or as far as the journal could be read: that is told in the log, once.
  [[nodiscard]] const DeployRecords& deploys();

 private:
  void start_over() override;
  void tell(const release::JournalEntry& entry) override { deploys_.add(entry); }

  base::Log& log_;
  release::JournalReader reader_;
  DeployRecords deploys_;
  std::string told_trouble_;
  std::size_t told_unreadable_ = 0;
};

}  // namespace ops::deploy
