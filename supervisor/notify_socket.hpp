#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"
#include "ops/result.hpp"

namespace ops::supervisor {

/// What an app has said on NOTIFY_SOCKET, as far as it matters here.
struct Notification {
  bool ready = false;
  bool restart = false;

  bool operator==(const Notification&) const = default;
};

/// Reads "READY=1\nSTATUS=…": lines of which unknown ones are passed over.
[[nodiscard]] Notification parse_notification(std::string_view datagram);

/// The socket that the app tells us on what it is doing, by systemd's protocol. It is a path in a
/// directory of its own, or, where no directory can be written to, an abstract address.
class NotifySocket {
 public:
  [[nodiscard]] static Result<std::unique_ptr<NotifySocket>> open(
      loop::Loop& loop, std::function<void(Notification)> on_notification);

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket();

  /// As NOTIFY_SOCKET has it.
  [[nodiscard]] const std::string& address() const { return address_; }

  /// Nobody is listened to any more, and what has come until now is forgotten. To be called before
  /// an app starts: it may have something to say before we know its process group.
  void forget();
  /// From now on the process group `group` is listened to, and nobody else.
  void listen_to(pid_t group) { group_ = group; }
  /// Tells what has come, now rather than from the loop.
  void read_pending();

 private:
  NotifySocket(loop::Loop& loop, std::function<void(Notification)> on_notification);

  [[nodiscard]] bool bind_in(const std::string& parent);
  [[nodiscard]] bool bind_to(const std::string& address);
  /// The next datagram of the group that is listened to; false when there is none left.
  [[nodiscard]] bool receive(Notification& told);
  [[nodiscard]] bool is_from_app(pid_t sender, uid_t user) const;

  base::UniqueFd socket_;
  std::string address_;
  std::string directory_;
  pid_t group_ = 0;
  std::function<void(Notification)> on_notification_;
  std::unique_ptr<loop::FdWatcher> watcher_;
};

}  // namespace ops::supervisor
