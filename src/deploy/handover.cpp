#include "deploy/handover.hpp"

#include <utility>

#include "release/history.hpp"

namespace ops::deploy {

Handover::Handover(std::string deploy, const std::string& release, Time since)
    : deploy_(std::move(deploy)), since_(since), is_judged_(release != release::image_id) {}

void Handover::look(const Sight& sight) {
  if (over_) return;
  if (!is_judged_) {
    over_ = sight.at - since_ >= patience;
  } else if (sight.lock_is_held) {
    taken_up_ = true;
  } else {
    over_ = taken_up_ || sight.journal_tells_the_end || sight.at - since_ >= patience;
  }
}

}  // namespace ops::deploy
