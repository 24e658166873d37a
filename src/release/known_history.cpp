#include "release/known_history.hpp"

namespace ops::release {

Result<History> KnownHistory::now() {
  const std::scoped_lock held(guard_);
  if (auto read = reader_.read_on(*this); !read) return read.error();
  return history_;
}

std::vector<UnreadableLine> KnownHistory::unreadable() const {
  const std::scoped_lock held(guard_);
  return reader_.unreadable();
}

}  // namespace ops::release
