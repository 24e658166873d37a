#include "deploy/journal_snapshot.hpp"

namespace ops::deploy {

const DeployRecords& JournalSnapshot::deploys() {
  const auto read = reader_.read_on(*this);
  const std::string trouble = read ? std::string() : read.error().message;
  if (!trouble.empty() && trouble != told_trouble_) log_.error(trouble);
  told_trouble_ = trouble;
  const auto& unreadable = reader_.unreadable();
  for (; told_unreadable_ < unreadable.size(); ++told_unreadable_) {
    log_.warning(describe(unreadable[told_unreadable_]));
  }
  return deploys_;
}

void JournalSnapshot::start_over() {
  deploys_ = {};
  told_unreadable_ = 0;
}

}  // namespace ops::deploy
