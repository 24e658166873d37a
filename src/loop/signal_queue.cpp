#include "loop/signal_queue.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <utility>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"

namespace ops::loop {
namespace {

// More than are ever pending of those that a program watches: all come with one read.
constexpr std::size_t taken_at_once = 8;

}  // namespace

struct SignalQueue::State : std::enable_shared_from_this<SignalQueue::State> {
  base::UniqueFd fd;
  std::function<void(int)> on_signal;
  std::optional<FdWatcher> watcher;

  void take() {
    std::array<signalfd_siginfo, taken_at_once> pending;
    const ssize_t size = ::read(fd.get(), pending.data(), sizeof pending);
    if (size <= 0) return;
    const auto alive = shared_from_this();
    const auto count = static_cast<std::size_t>(size) / sizeof pending.front();
    for (std::size_t i = 0; i < count && watcher; ++i) {
      on_signal(static_cast<int>(pending[i].ssi_signo));
    }
  }
};

SignalQueue::SignalQueue(std::shared_ptr<State> state) : state_(std::move(state)) {}

SignalQueue::~SignalQueue() { state_->watcher.reset(); }

Result<std::unique_ptr<SignalQueue>> SignalQueue::open(Loop& loop, std::span<const int> signals,
                                                       std::function<void(int)> on_signal) {
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int signal : signals) ::sigaddset(&watched, signal);
  auto state = std::make_shared<State>();
  state->fd.reset(::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!state->fd) return base::os_error("cannot open a descriptor for signals");
  ::pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  state->on_signal = std::move(on_signal);
  state->watcher.emplace(loop, state->fd.get(), [told = state.get()] { told->take(); });
  return std::unique_ptr<SignalQueue>(new SignalQueue(std::move(state)));
}

}  // namespace ops::loop
