#include "base/unique_fd.hpp"

#include <unistd.h>

namespace ops::base {

void UniqueFd::reset(int fd) {
  // close(2) is never retried on EINTR: Linux has released the descriptor by then, and the number
  // may already be another thread's file.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace ops::base
