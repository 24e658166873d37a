#include "loop/signal_watcher.hpp"

#include <cstdlib>
#include <utility>

#include "loop/handle.hpp"

namespace ops::loop {

struct SignalWatcher::Handle : OwnedHandle<uv_signal_t> {
  std::function<void()> on_signal;

  static void caught(uv_signal_t* watcher, int /*signal*/) {
    auto* self = static_cast<Handle*>(watcher->data);
    if (!self->closing) self->on_signal();
  }
};

SignalWatcher::SignalWatcher(Loop& loop, int signal, std::function<void()> on_signal)
    : handle_(new Handle) {
  handle_->on_signal = std::move(on_signal);
  // Fails only for a number that is no signal, or one that cannot be caught: a programmer's error.
  if (::uv_signal_init(loop.native(), &handle_->uv) != 0) std::abort();
  handle_->uv.data = handle_;
  if (::uv_signal_start(&handle_->uv, Handle::caught, signal) != 0) std::abort();
}

SignalWatcher::~SignalWatcher() { close_and_free(handle_); }

void SignalWatcher::do_not_keep_loop_alive() { ::uv_unref(handle_->base()); }

}  // namespace ops::loop
