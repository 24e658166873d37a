#include "deploy/journal_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace ops::deploy {
namespace {

constexpr std::chrono::milliseconds poll_period{250};

}  // namespace

JournalWatch::JournalWatch(loop::Loop& loop, const std::string& releases,
                           std::function<void()> on_change)
    : on_change_(std::move(on_change)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      poll_(loop, [this] { on_change_(); }) {
  const unsigned events = IN_MODIFY | IN_CLOSE_WRITE;
  if (!inotify_ || ::inotify_add_watch(inotify_.get(), releases.c_str(), events) < 0) {
    poll_.start_repeating(poll_period);
    poll_.do_not_keep_loop_alive();
    return;
  }
  watcher_ = std::make_unique<loop::FdWatcher>(loop, inotify_.get(), [this] { drain(); });
  watcher_->do_not_keep_loop_alive();
}

// Which file it was does not matter: what is told comes from reading, never from the event.
void JournalWatch::drain() {
  alignas(inotify_event) std::array<char, 4096> events;
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  on_change_();
}

}  // namespace ops::deploy
