#include "supervisor/stale_notify_sockets.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/unique_fd.hpp"
#include "supervisor/notify_address.hpp"

namespace ops::supervisor {
namespace {

// A link, or what another user has put there under such a name, could lead anywhere.
bool is_our_directory(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid();
}

// One that is just being made has no socket yet, and is held before it has.
bool nobody_answers(const std::string& path) {
  const auto target = notify_address(path);
  const base::UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return target && probe && ::connect(probe.get(), target->native(), target->length) != 0 &&
         errno == ECONNREFUSED;
}

}  // namespace

base::UniqueFd hold_notify_directory(const std::string& directory) {
  base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

void remove_stale_notify_sockets(const std::string& parent) {
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(parent, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!entry->path().filename().native().starts_with(notify_directory_prefix)) continue;
    const std::string directory = entry->path().native();
    const std::string path = directory + notify_socket_name;
    if (!is_our_directory(directory) || !nobody_answers(path)) continue;
    const base::UniqueFd held = hold_notify_directory(directory);
    if (!held) continue;
    ::unlink(path.c_str());
    ::rmdir(directory.c_str());
  }
}

}  // namespace ops::supervisor
