#include "supervisor/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/os_error.hpp"
#include "base/random.hpp"
#include "supervisor/notify_address.hpp"
#include "supervisor/stale_notify_sockets.hpp"

namespace ops::supervisor {
namespace {

// A longer datagram is no notification that anybody means.
constexpr std::size_t longest_datagram = 4096;
// More than any queue of datagrams holds (net.unix.max_dgram_qlen), so all that was there is read;
// and whoever sends without pause does not keep us from everything else.
constexpr int most_at_once = 1024;

struct Datagram {
  std::array<char, longest_datagram> bytes;
  std::size_t size = 0;
  pid_t sender = 0;  // nobody whom we know
  uid_t user = 0;
};

void read_sender(msghdr& message, Datagram& datagram) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET ||
      header->cmsg_type != SCM_CREDENTIALS) {
    return;
  }
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
  datagram.sender = sender.pid;
  datagram.user = sender.uid;
}

/// The next datagram; false when there is none left. What is too long comes from nobody.
bool receive(int socket, Datagram& datagram) {
  // Room for the sender's credentials alone: the kernel closes descriptors that are sent along.
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  iovec part{datagram.bytes.data(), datagram.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return false;
  datagram.size = static_cast<std::size_t>(size);
  if ((message.msg_flags & MSG_TRUNC) == 0) read_sender(message, datagram);
  return true;
}

}  // namespace

NotifySocket::NotifySocket(loop::Loop& loop, Listener listener)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      callback_(std::make_shared<Callback>(Callback{std::move(listener)})) {
  groups_.reserve(2);
  if (!socket_) return;
  const int on = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  watcher_ = std::make_unique<loop::FdWatcher>(loop, socket_.get(), [this] { read_pending(); });
  watcher_->do_not_keep_loop_alive();
}

NotifySocket::~NotifySocket() {
  callback_->closed = true;
  if (directory_.empty()) return;
  ::unlink(address_.c_str());
  ::rmdir(directory_.c_str());
}

Result<std::unique_ptr<NotifySocket>> NotifySocket::open(loop::Loop& loop, Listener listener) {
  std::vector<std::string> directories{"/tmp", "/run"};
  const char* preferred = ::getenv("TMPDIR");
  // A relative one would mean something else to the app, which may run in another directory.
  if (preferred != nullptr && *preferred == '/') directories.insert(directories.begin(), preferred);
  return open_in(loop, std::move(listener), directories);
}

Result<std::unique_ptr<NotifySocket>> NotifySocket::open_in(
    loop::Loop& loop, Listener listener, std::span<const std::string> directories) {
  std::unique_ptr<NotifySocket> opened(new NotifySocket(loop, std::move(listener)));
  if (!opened->socket_) return base::os_error("cannot open a socket for NOTIFY_SOCKET");
  for (const std::string& parent : directories) {
    if (!opened->bind_in(parent)) continue;
    remove_stale_notify_sockets(parent);
    return opened;
  }
  // A process may have several.
  const std::string name = std::to_string(::getpid()) + "/" + base::random_hex(8);
  if (opened->bind_to("@server-runner/" + name)) return opened;
  return base::os_error("cannot find a place for NOTIFY_SOCKET");
}

bool NotifySocket::bind_in(const std::string& parent) {
  std::string directory = parent + "/" + notify_directory_prefix + "XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return false;
  directory_in_use_ = hold_notify_directory(directory);
  const std::string path = directory + notify_socket_name;
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
  const auto target = notify_address(address);
  if (!target || ::bind(socket_.get(), target->native(), target->length) != 0) return false;
  address_ = address;
  return true;
}

void NotifySocket::listen_to(pid_t group) {
  if (!is_listened_to(group)) groups_.push_back(group);
}

void NotifySocket::stop_listening_to(pid_t group) { std::erase(groups_, group); }

bool NotifySocket::is_listened_to(pid_t group) const {
  return std::ranges::find(groups_, group) != groups_.end();
}

void NotifySocket::read_pending() {
  const std::shared_ptr<Callback> callback = callback_;
  for (int left = most_at_once; left > 0 && !callback->closed; --left) {
    Datagram datagram;
    if (!receive(socket_.get(), datagram)) return;
    const auto group = group_of(datagram.sender, datagram.user);
    if (!group) continue;
    const auto told = parse_notification({datagram.bytes.data(), datagram.size});
    if (told != Notification{}) callback->tell(*group, told);
  }
}

std::optional<pid_t> NotifySocket::group_of(pid_t sender, uid_t user) const {
  // Who is outside of our namespace of processes has the number 0 here, by which getpgid would
  // understand ourselves.
  if (sender <= 0) return std::nullopt;
  // The leader may have ended: his number is the group's all the same.
  if (is_listened_to(sender)) return sender;
  const pid_t group = ::getpgid(sender);
  if (group >= 0) return is_listened_to(group) ? std::optional(group) : std::nullopt;
  if (groups_.size() == 1 && user == ::getuid()) return groups_.front();
  return std::nullopt;
}

}  // namespace ops::supervisor
