#include "loop/fd_watcher.hpp"

#include <cstdlib>
#include <utility>

#include "loop/handle.hpp"

namespace ops::loop {

struct FdWatcher::Handle : OwnedHandle<uv_poll_t> {
  std::function<void()> on_it;
  int events = 0;

  // An error (a descriptor that has gone bad) counts too: the read or write that follows will tell.
  static void ready(uv_poll_t* poll, int /*status*/, int /*events*/) {
    auto* self = static_cast<Handle*>(poll->data);
    if (!self->closing) self->on_it();
  }
};

FdWatcher::FdWatcher(Loop& loop, int fd, Until until, std::function<void()> on_it)
    : handle_(new Handle) {
  handle_->on_it = std::move(on_it);
  handle_->events = until == Until::readable ? UV_READABLE | UV_DISCONNECT : UV_WRITABLE;
  // Fails only for a descriptor that epoll cannot watch (a plain file): a programmer's error.
  if (::uv_poll_init(loop.native(), &handle_->uv, fd) != 0) std::abort();
  handle_->uv.data = handle_;
  start();
}

FdWatcher::~FdWatcher() { close_and_free(handle_); }

void FdWatcher::start() { ::uv_poll_start(&handle_->uv, handle_->events, Handle::ready); }

void FdWatcher::stop() { ::uv_poll_stop(&handle_->uv); }

void FdWatcher::do_not_keep_loop_alive() { ::uv_unref(handle_->base()); }

}  // namespace ops::loop
