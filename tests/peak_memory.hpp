#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

/// A line of /proc/self/status, "VmHWM:", in bytes.
inline std::size_t bytes_of_this_process(const std::string& line) {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    std::size_t kilobytes = 0;
    if (name == line && status >> kilobytes) return kilobytes * 1024;
  }
  std::abort();
}

/// How much more memory this process held at its worst while `work` ran than before it.
template <typename Work>
std::size_t extra_memory(const Work& work) {
  ::malloc_trim(0);  // what earlier tests have left would be used again unseen
  std::ofstream("/proc/self/clear_refs") << "5" << std::flush;  // the peak is the present again
  const std::size_t before = bytes_of_this_process("VmRSS:");
  work();
  return bytes_of_this_process("VmHWM:") - before;
}
