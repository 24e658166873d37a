#include "middleware/server/outbox.hpp"

namespace ops::middleware {

void Outbox::flush(loop::Stream& stream) {
  if (gathered_.empty()) return;
  stream.write(gathered_);
  written_ += gathered_.size();
  gathered_.clear();
  if (gathered_.capacity() > most_kept_capacity) gathered_.shrink_to_fit();
}

std::size_t Outbox::queued(const loop::Stream& stream) const {
  return gathered_.size() + stream.queued();
}

std::chrono::steady_clock::duration Outbox::stalled_for(const loop::Stream& stream, Time now) {
  const std::size_t taken = written_ - stream.queued();
  if (taken != taken_ || taken == written_) {
    taken_ = taken;
    progress_at_ = now;
  }
  return now - progress_at_;
}

}  // namespace ops::middleware
