#include "loop/waker.hpp"

#include <cstdlib>
#include <utility>

#include "loop/handle.hpp"

namespace ops::loop {

struct Waker::Handle : OwnedHandle<uv_async_t> {
  std::function<void()> on_wake;

  static void woken(uv_async_t* async) {
    auto* self = static_cast<Handle*>(async->data);
    if (!self->closing) self->on_wake();
  }
};

Waker::Waker(Loop& loop, std::function<void()> on_wake) : handle_(new Handle) {
  handle_->on_wake = std::move(on_wake);
  // Fails only where the process may not have another event descriptor.
  if (::uv_async_init(loop.native(), &handle_->uv, Handle::woken) != 0) std::abort();
  handle_->uv.data = handle_;
}

Waker::~Waker() { close_and_free(handle_); }

void Waker::wake() { ::uv_async_send(&handle_->uv); }

void Waker::do_not_keep_loop_alive() { ::uv_unref(handle_->base()); }

}  // namespace ops::loop
