#include "deploy/upkeep.hpp"

#include <utility>

namespace ops::deploy {

Upkeep::Upkeep(loop::Loop& loop, release::ReleaseStore& store, base::Log& log)
    : store_(store), log_(log), background_(loop) {
  background_.run<void>([this](const std::stop_token& stop) { return look_after_journal(stop); },
                        [this](const Result<void>& outcome) { done(outcome); });
}

Result<void> Upkeep::look_after_journal(const std::stop_token& stop) const {
  auto sound = store_.journal().verify(stop);
  const auto compacted = store_.journal().compact();
  if (!sound) return sound;
  return compacted ? Result<void>() : compacted.error();
}

void Upkeep::look() {
  again_ = busy_;
  if (std::exchange(busy_, true)) return;
  background_.run<void>([this](const std::stop_token& stop) { return store_.sweep(stop); },
                        [this](const Result<void>& outcome) { done(outcome); });
}

// What cannot be done now cannot be done the next time either, mostly: once is enough to be told.
void Upkeep::done(const Result<void>& outcome) {
  busy_ = false;
  const std::string trouble = outcome ? std::string() : outcome.error().message;
  if (!trouble.empty() && trouble != told_) log_.warning(trouble);
  told_ = trouble;
  if (std::exchange(again_, false)) look();
}

}  // namespace ops::deploy
