#include "base/freed_memory.hpp"

#include <malloc.h>

namespace ops::base {

void give_back_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace ops::base
