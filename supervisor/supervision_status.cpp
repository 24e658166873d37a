// What a supervision says about itself when it is asked.

#include <algorithm>

#include "supervisor/supervision.hpp"

namespace ops::supervisor {

using std::chrono::milliseconds;

Status::State Supervision::state_now() const {
  switch (state_.phase) {
    case Phase::launching:
    case Phase::starting:
      return Status::State::starting;
    case Phase::running:
      if (state_.beside == Beside::launching || state_.beside == Beside::starting) {
        return Status::State::replacing;
      }
      return app_reloads_ ? Status::State::reloading : Status::State::running;
    case Phase::restarting:
    case Phase::aborting:
      return Status::State::restarting;
    case Phase::failing:
      return is_followed() ? Status::State::restarting : Status::State::stopping;
    case Phase::stopping:
      return Status::State::stopping;
    case Phase::clearing:
      return state_.next_start ? Status::State::restarting : Status::State::stopping;
    case Phase::waiting:
      return starts_ == 0 ? Status::State::starting : Status::State::waiting;
    case Phase::ended:
      return Status::State::ended;
  }
  return Status::State::ended;
}

// Whether another start comes after an instance that was not ready in time.
bool Supervision::is_followed() const {
  return state_.serving.proving == InstanceState::Proving::failed ||
         rules_.restart.otherwise != RestartPolicy::When::never;
}

Status Supervision::status() const {
  Status status{.state = exit_status_ ? Status::State::ended : state_now(),
                .generation = starts_,
                .restarts = starts_ == 0 ? 0 : starts_ - 1,
                .last_exit = last_exit_,
                .text = app_text_};
  if (serving_ && !serving_->end()) {
    status.pid = serving_->pid();
    status.generation = serving_->identity().generation;
    status.release = serving_->identity().release;
    status.uptime = serving_->uptime();
  }
  if (status.state == Status::State::waiting) {
    const auto left = std::chrono::duration_cast<milliseconds>(next_start_ - clock_.now());
    status.next_start = std::max(left, milliseconds{0});
  }
  return status;
}

}  // namespace ops::supervisor
