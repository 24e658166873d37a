#include "supervisor/output_relay.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace ops::supervisor {
namespace {

using Outcome = Handover::Outcome;

// What is carried before other events get their turn.
constexpr std::size_t helping = std::size_t{16} * 1024;
constexpr std::size_t helping_in_kernel = std::size_t{1024} * 1024;
// What a pipe holds unless it was made larger.
constexpr std::size_t whole_pipe = std::size_t{64} * 1024;

ssize_t read_some(int fd, char* to, std::size_t most) {
  for (;;) {
    const ssize_t size = ::read(fd, to, most);
    if (size >= 0 || errno != EINTR) return size;
  }
}

// The same bytes again, without taking them out.
ssize_t copy_front(int pipe, const PipeEnds& to, std::span<char> bytes) {
  const ssize_t copied = ::tee(pipe, to.writing.get(), bytes.size(), SPLICE_F_NONBLOCK);
  for (ssize_t done = 0; done < copied;) {
    const ssize_t size =
        read_some(to.reading.get(), bytes.data() + done, static_cast<std::size_t>(copied - done));
    if (size <= 0) return -1;
    done += size;
  }
  return copied;
}

// Rounded up, so that a wait does not end a moment before.
std::chrono::milliseconds time_until(std::chrono::steady_clock::time_point deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

}  // namespace

OutputRelay::OutputRelay(loop::Loop& loop, base::UniqueFd source, int target, Tap tap)
    : source_(std::move(source)), target_(loop, target, [this] { carry(); }), tap_(std::move(tap)) {
  watcher_.emplace(loop, source_.get(), [this] { carry(); });
  watcher_->do_not_keep_loop_alive();
}

void OutputRelay::carry() {
  if (!ended()) settle(step());
}

OutputRelay::Step OutputRelay::step() {
  if (!held_.empty()) return give(held_);
  return way_ == Way::moved ? move() : copy();
}

OutputRelay::Step OutputRelay::move() {
  Handover handover;
  if (tap_.on_bytes && tapped_ == 0) {
    std::array<char, helping> bytes;
    handover = peek(bytes);
  }
  if (handover.outcome == Outcome::taken) {
    handover = target_.take_from(source_.get(), tap_.on_bytes ? tapped_ : helping_in_kernel);
  }
  switch (handover.outcome) {
    case Outcome::taken:
      consumed(handover.bytes);
      return Step::carried;
    case Outcome::full:
      return Step::full;
    case Outcome::refused:
      return drop();
    case Outcome::nothing_left:
      return Step::nothing_left;
    case Outcome::ended:
      return Step::ended;
    case Outcome::unsupported:
      break;
  }
  way_ = Way::copied;
  return copy();
}

// Shows the tap what it has not seen of the front of the pipe.
Handover OutputRelay::peek(std::span<char> bytes) {
  const ssize_t copied = copy_front(source_.get(), tap_.pipe, bytes);
  if (copied == 0) return {Outcome::ended};
  if (copied < 0) return {errno == EAGAIN ? Outcome::nothing_left : Outcome::unsupported};
  const auto size = static_cast<std::size_t>(copied);
  const std::size_t seen = std::min(tapped_, size);
  tap_.on_bytes(std::string_view(bytes.data(), size).substr(seen));
  tapped_ = std::max(tapped_, size);
  return {Outcome::taken, size};
}

OutputRelay::Step OutputRelay::copy() {
  std::array<char, helping> bytes;
  const ssize_t size = read_some(source_.get(), bytes.data(), bytes.size());
  if (size <= 0) return size == 0 ? Step::ended : Step::nothing_left;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
  if (tap_.on_bytes) tap_.on_bytes(text.substr(std::min(tapped_, text.size())));
  consumed(text.size());
  return give(text);
}

OutputRelay::Step OutputRelay::give(std::string_view bytes) {
  while (!bytes.empty()) {
    const Handover handover = target_.take(bytes);
    if (handover.outcome == Outcome::full) {
      held_ = std::string(bytes);
      return Step::full;
    }
    if (handover.outcome != Outcome::taken) break;
    bytes.remove_prefix(handover.bytes);
  }
  held_.clear();
  return Step::carried;
}

OutputRelay::Step OutputRelay::drop() {
  std::array<char, helping> bytes;
  const std::size_t most = tap_.on_bytes ? std::min(tapped_, bytes.size()) : bytes.size();
  const ssize_t size = read_some(source_.get(), bytes.data(), most);
  if (size <= 0) return size == 0 ? Step::ended : Step::nothing_left;
  consumed(static_cast<std::size_t>(size));
  return Step::carried;
}

void OutputRelay::consumed(std::size_t bytes) {
  consumed_ += bytes;
  tapped_ -= std::min(tapped_, bytes);
}

void OutputRelay::settle(Step step) {
  switch (step) {
    case Step::carried:
    case Step::nothing_left:
      if (std::exchange(awaits_room_, false)) watcher_->start();
      break;
    case Step::full:
      if (!std::exchange(awaits_room_, true)) watcher_->stop();
      target_.await_room();
      break;
    case Step::ended:
      watcher_.reset();
      source_.reset();
      break;
  }
}

bool OutputRelay::drain(std::chrono::steady_clock::time_point deadline) {
  if (ended()) return true;
  if (tap_.on_bytes) {
    std::vector<char> bytes(whole_pipe);
    static_cast<void>(peek(bytes));
  }
  // Somebody whom the writer left behind may go on writing for ever.
  const std::uint64_t goal = consumed_ + bytes_in(source_.get());
  Step last = Step::carried;
  while (last == Step::carried && (consumed_ < goal || !held_.empty())) {
    last = step();
    if (last == Step::full && target_.wait_for_room(time_until(deadline))) last = Step::carried;
  }
  const bool all = last != Step::full;
  // One look further: it may have ended.
  if (all) last = step();
  settle(last);
  return all;
}

}  // namespace ops::supervisor
