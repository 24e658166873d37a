#include "supervisor/held_listeners.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "loop/listen_address.hpp"

namespace ops::supervisor {
namespace {

ino_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// The convention is a blocking socket: an app that knows nothing of this expects accept(2) to wait.
void make_blocking(int socket) { ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK); }

Result<HeldListeners::Socket> open_one(const ListenSpec& spec) {
  const auto address = loop::ListenAddress::parse(spec.address);
  if (!address) return address.error();
  HeldListeners::Socket held;
  auto socket = address->open();
  if (!socket) return std::move(socket).error();
  held.fd = std::move(*socket);
  make_blocking(held.fd.get());
  auto bound = loop::bound_address(held.fd.get());
  held.name = spec.name;
  held.address = spec.address;
  if (bound) held.address = std::move(*bound);
  held.unix_path = address->unix_path();
  if (!held.unix_path.empty()) held.unix_inode = inode_of(held.unix_path);
  return held;
}

}  // namespace

Result<HeldListeners> HeldListeners::open(const std::vector<ListenSpec>& specs) {
  HeldListeners listeners;
  for (const ListenSpec& spec : specs) {
    auto held = open_one(spec);
    if (!held) return std::move(held).error();
    listeners.sockets_.push_back(std::move(*held));
  }
  return listeners;
}

HeldListeners::~HeldListeners() {
  for (const Socket& socket : sockets_) {
    if (socket.unix_path.empty() || inode_of(socket.unix_path) != socket.unix_inode) continue;
    ::unlink(socket.unix_path.c_str());
  }
}

std::vector<int> HeldListeners::descriptors() const {
  std::vector<int> fds;
  for (const Socket& socket : sockets_) fds.push_back(socket.fd.get());
  return fds;
}

std::string HeldListeners::names() const {
  std::string names;
  for (const Socket& socket : sockets_) {
    if (&socket != &sockets_.front()) names += ':';
    names += socket.name;
  }
  return names;
}

}  // namespace ops::supervisor
