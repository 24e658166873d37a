#include "archive/target_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "archive/utf8.hpp"
#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr mode_t directory_mode = 0755;

Error cannot(const char* action, std::string_view path) {
  const int number = errno;
  return base::os_error(std::string("cannot ") + action + " " + printable(path), number);
}

}  // namespace

Result<void> TargetTree::make_directory(std::string_view path) { return enter(path); }

Result<base::UniqueFd> TargetTree::make_file(std::string_view path, unsigned mode) {
  const std::size_t slash = path.rfind('/');
  const bool nested = slash != std::string_view::npos;
  if (auto entered = enter(nested ? path.substr(0, slash) : std::string_view{}); !entered) {
    return entered.error();
  }
  const std::string name(nested ? path.substr(slash + 1) : path);
  base::UniqueFd fd(::openat(innermost(), name.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return cannot("create", path);
  if (::fchmod(fd.get(), mode) != 0) return cannot("set the mode of", path);
  return fd;
}

// Afterwards the innermost open directory is `path`; an empty path is the root.
Result<void> TargetTree::enter(std::string_view path) {
  std::size_t level = 0;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (level < open_.size() && open_[level].name != part) open_.resize(level);
    if (level == open_.size()) {
      if (auto entered = enter_part(part, path); !entered) return entered;
    }
    ++level;
    begin = end + 1;
  }
  open_.resize(level);
  return {};
}

Result<void> TargetTree::enter_part(std::string_view part, std::string_view path) {
  Level level = {std::string(part), {}};
  const bool made = ::mkdirat(innermost(), level.name.c_str(), directory_mode) == 0;
  if (!made && errno != EEXIST) return cannot("create the directory", path);
  level.fd.reset(
      ::openat(innermost(), level.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!level.fd) return cannot("open the directory", path);
  if (made && ::fchmod(level.fd.get(), directory_mode) != 0) {
    return cannot("set the mode of", path);
  }
  open_.push_back(std::move(level));
  return {};
}

}  // namespace ops::archive
