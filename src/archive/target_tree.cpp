#include "archive/target_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
  const auto name = enter_parent(path);
  if (!name) return name.error();
  base::UniqueFd fd(::openat(innermost(), name->c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return cannot("create", path);
  if (::fchmod(fd.get(), mode) != 0) return cannot("set the mode of", path);
  return fd;
}

Result<void> TargetTree::remove_file(std::string_view path) {
  const auto name = enter_parent(path);
  if (!name) return name.error();
  if (::unlinkat(innermost(), name->c_str(), 0) != 0) return cannot("remove", path);
  return {};
}

Result<std::string> TargetTree::enter_parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const bool nested = slash != std::string_view::npos;
  auto entered = enter(nested ? path.substr(0, slash) : std::string_view{});
  if (!entered) return entered.error();
  return std::string(nested ? path.substr(slash + 1) : path);
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
