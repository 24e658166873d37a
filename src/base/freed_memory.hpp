#pragma once

#include <cstdint>

namespace ops::base {

/// Gives what was freed back to the system, which the allocator would keep for what comes next.
/// After work that has held tens of megabytes, on a thread that need not hurry: the next work of
/// its kind may run on another one, whose memory comes on top.
void give_back_freed_memory();

/// Gives back what was freed before, and what was freed meanwhile, around work on a large input.
class LargeWork {
 public:
  explicit LargeWork(std::uint64_t input_bytes) : is_large_(input_bytes >= large) {
    if (is_large_) give_back_freed_memory();
  }
  LargeWork(const LargeWork&) = delete;
  LargeWork& operator=(const LargeWork&) = delete;
  ~LargeWork() {
    if (is_large_) give_back_freed_memory();
  }

 private:
  static constexpr std::uint64_t large = std::uint64_t{1} << 20;
  bool is_large_;
};

}  // namespace ops::base
