#include "supervisor/private_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/os_error.hpp"

namespace ops::supervisor {
namespace {

using base::os_error;
using base::UniqueFd;

constexpr int socket_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
constexpr mode_t owner_only = 0600;
constexpr mode_t permissions = 0777;

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

Result<sockaddr_un> address_of(const std::string& path, const std::string& action) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) return Error{action + ": the path is empty"};
  if (path.find('\0') != std::string::npos) return Error{action + ": the path holds a zero byte"};
  if (path.size() >= sizeof address.sun_path) {
    return Error{action + ": the path is longer than 107 bytes"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Linux gives the file the mode that the socket has before it is bound, less the umask: so there is
// no moment in which the file is open to others, and other threads' files keep their modes.
bool bind_privately(int socket, const sockaddr_un& address) {
  ::fchmod(socket, owner_only);
  return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Takes away what the last server-runner left behind when it was killed. Refused connections are
/// the sign: a living socket whose queue is full answers otherwise.
Result<void> remove_stale(const sockaddr_un& address, const std::string& action) {
  const auto in_use = std::make_error_code(std::errc::address_in_use);
  const auto status = status_of(address.sun_path);
  if (status && !S_ISSOCK(status->st_mode)) {
    return Error{action + ": there is something else at that path, no socket", in_use};
  }
  const UniqueFd probe(::socket(AF_UNIX, socket_kind, 0));
  if (!probe) return os_error(action);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    return Error{action + ": somebody else answers there already", in_use};
  }
  if (errno == ENOENT) return {};
  if (errno != ECONNREFUSED) return os_error(action);
  if (::unlink(address.sun_path) != 0 && errno != ENOENT) return os_error(action);
  return {};
}

}  // namespace

Result<std::unique_ptr<PrivateSocket>> PrivateSocket::open(const std::string& path) {
  const std::string action = "cannot listen on " + path;
  const auto address = address_of(path, action);
  if (!address) return address.error();
  UniqueFd socket(::socket(AF_UNIX, socket_kind, 0));
  if (!socket) return os_error(action);
  bool bound = bind_privately(socket.get(), *address);
  if (!bound && errno == EADDRINUSE) {
    if (auto removed = remove_stale(*address, action); !removed) return std::move(removed).error();
    bound = bind_privately(socket.get(), *address);
  }
  if (!bound) return os_error(action);
  std::unique_ptr<PrivateSocket> opened(new PrivateSocket);
  std::error_code no_directory;
  opened->path_ = std::filesystem::absolute(path, no_directory).string();
  if (no_directory) opened->path_ = path;
  if (const auto status = status_of(path)) {
    opened->device_ = status->st_dev;
    opened->inode_ = status->st_ino;
    // Where a kernel goes another way, nobody has come in yet: that begins with listen().
    if ((status->st_mode & permissions) != owner_only) ::chmod(path.c_str(), owner_only);
  }
  if (::listen(socket.get(), SOMAXCONN) != 0) return os_error(action);
  opened->socket_ = std::move(socket);
  return opened;
}

PrivateSocket::~PrivateSocket() {
  const auto status = status_of(path_);
  if (status && status->st_dev == device_ && status->st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace ops::supervisor
