#include "supervisor/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/os_error.hpp"

namespace ops::supervisor {
namespace {

// A longer datagram is no notification that anybody means.
constexpr std::size_t longest_datagram = 4096;
constexpr const char* socket_name = "/notify";

}  // namespace

Notification parse_notification(std::string_view datagram) {
  Notification told;
  while (!datagram.empty()) {
    const auto end = datagram.find('\n');
    const std::string_view line = datagram.substr(0, end);
    told.ready = told.ready || line == "READY=1";
    told.restart = told.restart || line == "RESTART=1";
    datagram.remove_prefix(end == std::string_view::npos ? datagram.size() : end + 1);
  }
  return told;
}

NotifySocket::NotifySocket(loop::Loop& loop, std::function<void(Notification)> on_notification)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      on_notification_(std::move(on_notification)) {
  if (!socket_) return;
  const int on = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  watcher_ = std::make_unique<loop::FdWatcher>(loop, socket_.get(), [this] { read_pending(); });
  watcher_->do_not_keep_loop_alive();
}

NotifySocket::~NotifySocket() {
  if (directory_.empty()) return;
  ::unlink(address_.c_str());
  ::rmdir(directory_.c_str());
}

Result<std::unique_ptr<NotifySocket>> NotifySocket::open(
    loop::Loop& loop, std::function<void(Notification)> on_notification) {
  std::unique_ptr<NotifySocket> opened(new NotifySocket(loop, std::move(on_notification)));
  if (!opened->socket_) return base::os_error("cannot open a socket for NOTIFY_SOCKET");
  const char* preferred = ::getenv("TMPDIR");
  for (const char* parent : {preferred, "/tmp", "/run"}) {
    if (parent != nullptr && opened->bind_in(parent)) return opened;
  }
  if (opened->bind_to("@server-runner/" + std::to_string(::getpid()))) return opened;
  return base::os_error("cannot find a place for NOTIFY_SOCKET");
}

bool NotifySocket::bind_in(const std::string& parent) {
  std::string directory = parent + "/server-runner-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return false;
  const std::string path = directory + socket_name;
  // An app that has given up root must still reach the socket. Who sends is looked at anyway.
  if (::chmod(directory.c_str(), 0711) == 0 && bind_to(path) && ::chmod(path.c_str(), 0666) == 0) {
    directory_ = std::move(directory);
    return true;
  }
  ::unlink(path.c_str());
  ::rmdir(directory.c_str());
  return false;
}

bool NotifySocket::bind_to(const std::string& address) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  if (address.size() >= sizeof target.sun_path) return false;
  std::memcpy(target.sun_path, address.data(), address.size());
  auto length = static_cast<socklen_t>(sizeof target);
  if (address.starts_with('@')) {
    target.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  }
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&target), length) != 0) return false;
  address_ = address;
  return true;
}

void NotifySocket::forget() {
  group_ = 0;
  // Receives nothing from nobody: all that is there is passed over.
  Notification stale;
  while (receive(stale)) {
  }
}

void NotifySocket::read_pending() {
  Notification told;
  while (receive(told)) on_notification_(told);
}

bool NotifySocket::receive(Notification& told) {
  for (;;) {
    std::array<char, longest_datagram> bytes{};
    // Room for the sender's credentials alone: the kernel closes descriptors that are sent along,
    // which is the answer that BARRIER=1 waits for.
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if ((message.msg_flags & MSG_TRUNC) != 0 || header == nullptr ||
        header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) {
      continue;
    }
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
    if (!is_from_app(sender.pid, sender.uid)) continue;
    told = parse_notification(std::string_view(bytes.data(), static_cast<std::size_t>(size)));
    return true;
  }
}

bool NotifySocket::is_from_app(pid_t sender, uid_t user) const {
  if (group_ == 0 || sender == group_) return group_ != 0;
  const pid_t group = ::getpgid(sender);
  // A small tool that the app ran to tell us may have ended before we read.
  return group < 0 ? user == ::getuid() : group == group_;
}

}  // namespace ops::supervisor
