#pragma once

#include <functional>

#include "loop/loop.hpp"

namespace ops::loop {

/// Runs `work` on a thread of libuv's pool and then `done` on the loop's thread. For file work that
/// may block; the loop goes on meanwhile. `work` must touch nothing that the loop's thread touches
/// before `done`. Neither can be taken back: what they use must live until `done` has run (hold it
/// by shared_ptr).
void run_in_background(Loop& loop, std::function<void()> work, std::function<void()> done);

}  // namespace ops::loop
