#include "supervisor/held_listeners.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/os_error.hpp"
#include "loop/listen_address.hpp"

namespace ops::supervisor {
namespace {

ino_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Result<HeldListeners> HeldListeners::open(const std::vector<ListenSpec>& specs,
                                          const std::vector<PassedSocket>& passed) {
  HeldListeners listeners;
  for (const PassedSocket& socket : passed) {
    if (auto done = listeners.pass_on(socket); !done) return std::move(done).error();
  }
  for (const ListenSpec& spec : specs) {
    if (auto done = listeners.listen(spec); !done) return std::move(done).error();
  }
  listeners.make_blocking();
  return listeners;
}

Result<void> HeldListeners::pass_on(const PassedSocket& passed) {
  const std::string what = "descriptor " + std::to_string(passed.descriptor);
  if (::fcntl(passed.descriptor, F_GETFD) < 0) {
    return base::os_error("cannot pass on " + what + " (" + passed.name + ")");
  }
  Socket held{.name = passed.name, .address = what, .descriptor = passed.descriptor};
  if (auto bound = loop::bound_address(passed.descriptor)) held.address = std::move(*bound);
  sockets_.push_back(std::move(held));
  return {};
}

Result<void> HeldListeners::listen(const ListenSpec& spec) {
  const auto address = loop::ListenAddress::parse(spec.address);
  if (!address) {
    return Error{"cannot listen on \"" + spec.address + "\": " + address.error().message};
  }
  const auto same = std::ranges::find(sockets_, address->text(), &Socket::address);
  if (same != sockets_.end()) {
    return Error{"cannot listen on " + address->text() + " twice, as \"" + same->name +
                     "\" and as \"" + spec.name + "\"",
                 std::make_error_code(std::errc::address_in_use)};
  }
  auto socket = address->open();
  if (!socket) return std::move(socket).error();
  auto bound = loop::bound_address(socket->get());
  Socket held{.name = spec.name,
              .address = address->text(),
              .descriptor = socket->get(),
              .fd = std::move(*socket),
              .unix_path = address->unix_path()};
  if (bound) held.address = std::move(*bound);
  if (!held.unix_path.empty()) held.unix_inode = inode_of(held.unix_path);
  sockets_.push_back(std::move(held));
  return {};
}

HeldListeners::~HeldListeners() {
  for (const Socket& socket : sockets_) {
    if (socket.unix_path.empty() || inode_of(socket.unix_path) != socket.unix_inode) continue;
    ::unlink(socket.unix_path.c_str());
  }
}

// The convention is a blocking socket: an app that knows nothing of this expects accept(2) to wait.
void HeldListeners::make_blocking() const {
  for (const Socket& socket : sockets_) {
    if (!socket.fd) continue;
    const int flags = ::fcntl(socket.fd.get(), F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0) {
      ::fcntl(socket.fd.get(), F_SETFL, flags & ~O_NONBLOCK);
    }
  }
}

std::vector<int> HeldListeners::descriptors() const {
  std::vector<int> fds;
  for (const Socket& socket : sockets_) fds.push_back(socket.descriptor);
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
