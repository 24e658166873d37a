#include "loop/listener.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "loop/fd_watcher.hpp"
#include "loop/timer.hpp"

namespace ops::loop {
namespace {

// So many connections are accepted before other events get their turn.
constexpr int accepts_in_a_row = 64;
constexpr std::chrono::milliseconds pause_between_tries{100};

}  // namespace

// The callback may destroy the Listener: what it runs in lives until it returns.
struct Listener::State : std::enable_shared_from_this<Listener::State> {
  base::UniqueFd socket;
  std::function<void(base::UniqueFd)> on_connection;
  std::function<void()> on_exhausted;
  FdWatcher watcher;
  Timer pause;
  bool closed = false;

  State(Loop& loop, base::UniqueFd listening, std::function<void(base::UniqueFd)> connection,
        std::function<void()> exhausted)
      : socket(std::move(listening)),
        on_connection(std::move(connection)),
        on_exhausted(std::move(exhausted)),
        watcher(loop, socket.get(), [this] { accept_pending(); }),
        pause(loop, [this] { watcher.start(); }) {}

  void wait_a_moment() {
    watcher.stop();
    pause.start(pause_between_tries);
  }

  void accept_pending() {
    const auto alive = shared_from_this();
    for (int i = 0; i < accepts_in_a_row && !closed; ++i) {
      base::UniqueFd connection(
          ::accept4(socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (connection) {
        on_connection(std::move(connection));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        wait_a_moment();
        if (on_exhausted) on_exhausted();
        break;
      } else if (errno == EINVAL) {
        // Somebody who shares the socket has shut it down: it would be "readable" for ever.
        wait_a_moment();
        break;
      } else if (errno == EAGAIN) {
        break;
      }
      // Anything else is one connection's misfortune (ECONNABORTED, EPROTO): take the next one.
    }
  }
};

Listener::Listener(Loop& loop, base::UniqueFd socket,
                   std::function<void(base::UniqueFd)> on_connection,
                   std::function<void()> on_exhausted)
    : state_(std::make_shared<State>(loop, std::move(socket), std::move(on_connection),
                                     std::move(on_exhausted))) {}

Listener::~Listener() { state_->closed = true; }

int Listener::socket() const { return state_->socket.get(); }

void Listener::do_not_keep_loop_alive() {
  state_->watcher.do_not_keep_loop_alive();
  state_->pause.do_not_keep_loop_alive();
}

}  // namespace ops::loop
