#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/loop.hpp"
#include "ops/result.hpp"
#include "supervisor/notification.hpp"

namespace ops::supervisor {

/// The socket that the instances of an app tell us on what they are doing, by systemd's protocol.
/// It is a path in a directory of its own, or, where no directory can be written to, an abstract
/// address. Only the process groups that are listened to are heard; what comes from anybody else is
/// passed over, as is a datagram of more than 4096 bytes. Descriptors that come along are closed,
/// which is all that BARRIER=1 asks for.
///
/// Who has sent a datagram is known by his process id, so a sender that has ended before he is
/// heard (a small tool that the app ran) belongs to no group any more. He is taken for the app's
/// while exactly one group is listened to and he ran as our own user. With two groups he is passed
/// over: an instance must not be taken for ready on a guess. Who wants to be heard then says it
/// himself, or waits for the barrier, as systemd-notify(1) does.
class NotifySocket {
 public:
  /// Told on the loop's thread, or within read_pending(). May destroy the socket.
  using Listener = std::function<void(pid_t group, const Notification&)>;

  /// In TMPDIR, /tmp or /run, whichever can be written to first.
  [[nodiscard]] static Result<std::unique_ptr<NotifySocket>> open(loop::Loop& loop,
                                                                  Listener listener);
  [[nodiscard]] static Result<std::unique_ptr<NotifySocket>> open_in(
      loop::Loop& loop, Listener listener, std::span<const std::string> directories);

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket();

  /// As NOTIFY_SOCKET has it.
  [[nodiscard]] const std::string& address() const { return address_; }

  /// From now on the process group `group` is heard. Nothing of what a new instance says before its
  /// group is known is lost, as long as this is called before the loop goes on.
  void listen_to(pid_t group);
  void stop_listening_to(pid_t group);
  /// Tells what has come, now rather than from the loop. To be called before an instance is
  /// started: what is still there from those who are not listened to any more must not be taken for
  /// the new one's.
  void read_pending();

 private:
  /// Outlives the socket while it is being called.
  struct Callback {
    Listener tell;
    bool closed = false;
  };

  NotifySocket(loop::Loop& loop, Listener listener);

  [[nodiscard]] bool bind_in(const std::string& parent);
  [[nodiscard]] bool bind_to(const std::string& address);
  [[nodiscard]] bool is_listened_to(pid_t group) const;
  /// The group that is listened to and that the sender belongs to.
  [[nodiscard]] std::optional<pid_t> group_of(pid_t sender, uid_t user) const;

  base::UniqueFd socket_;
  std::string address_;
  std::string directory_;
  base::UniqueFd directory_in_use_;
  std::vector<pid_t> groups_;
  std::shared_ptr<Callback> callback_;
  std::unique_ptr<loop::FdWatcher> watcher_;
};

}  // namespace ops::supervisor
