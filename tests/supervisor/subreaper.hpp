#pragma once

#include <sys/prctl.h>

/// While it lives, orphans among this process's descendants are left to it, as they are to the
/// program: process 1 of wherever the tests run may take seconds to reap them.
class Subreaper {
 public:
  Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;
  ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
};
