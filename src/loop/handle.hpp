#pragma once

// Inside src/loop only: how a libuv handle is owned. The user's object holds a pointer to a Handle
// that lives until libuv's close callback, so the object may be destroyed at any time, in its own
// callback too.

#include <uv.h>

namespace ops::loop {

template <typename UvHandle>
struct OwnedHandle {
  UvHandle uv{};
  bool closing = false;

  uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&uv); }
};

/// Closes and, once libuv lets go of it, frees. `Derived` is the full type, which may hold
/// callbacks.
template <typename Derived>
void close_and_free(Derived* handle) {
  handle->closing = true;
  handle->uv.data = handle;
  ::uv_close(handle->base(),
             [](uv_handle_t* closed) { delete static_cast<Derived*>(closed->data); });
}

}  // namespace ops::loop
