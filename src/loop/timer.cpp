#include "loop/timer.hpp"

#include <cassert>
#include <cstdint>
#include <utility>

#include "loop/handle.hpp"

namespace ops::loop {

namespace {

// A deadline that has passed is due now, not in half a thousand million years.
std::uint64_t ticks_of(std::chrono::milliseconds span) {
  return span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 0;
}

}  // namespace

struct Timer::Handle : OwnedHandle<uv_timer_t> {
  std::function<void()> on_fire;

  static void fired(uv_timer_t* timer) {
    auto* self = static_cast<Handle*>(timer->data);
    if (!self->closing) self->on_fire();
  }
};

Timer::Timer(Loop& loop, std::function<void()> on_fire) : handle_(new Handle) {
  handle_->on_fire = std::move(on_fire);
  handle_->uv.data = handle_;
  ::uv_timer_init(loop.native(), &handle_->uv);
}

Timer::~Timer() { close_and_free(handle_); }

void Timer::start(std::chrono::milliseconds delay) {
  ::uv_update_time(handle_->uv.loop);
  ::uv_timer_start(&handle_->uv, Handle::fired, ticks_of(delay), 0);
}

void Timer::start_repeating(std::chrono::milliseconds period) {
  const std::uint64_t ticks = ticks_of(period);
  assert(ticks > 0 && "a period of nothing would fire once");
  ::uv_update_time(handle_->uv.loop);
  ::uv_timer_start(&handle_->uv, Handle::fired, ticks, ticks);
}

void Timer::stop() { ::uv_timer_stop(&handle_->uv); }

bool Timer::running() const { return ::uv_is_active(handle_->base()) != 0; }

void Timer::do_not_keep_loop_alive() { ::uv_unref(handle_->base()); }

}  // namespace ops::loop
