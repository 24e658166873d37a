#pragma once

#include <signal.h>

#include "base/unique_fd.hpp"

namespace ops::cli {

/// As long as this lives, Ctrl-C does not end the program but makes a descriptor readable, so that
/// the program can say how things stand before it ends.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  sigset_t before_{};
  base::UniqueFd fd_;
};

}  // namespace ops::cli
