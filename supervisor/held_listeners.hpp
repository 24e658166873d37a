#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"
#include "ops/supervisor/app_spec.hpp"

namespace ops::supervisor {

/// The sockets that every instance of the app listens on, open from before the first start until
/// after the last: a connection that comes between two instances waits for the next one.
class HeldListeners {
 public:
  struct Socket {
    std::string name;
    std::string address;  // what it is bound to, or "descriptor 3" for what is bound to nothing
    int descriptor = -1;
    base::UniqueFd fd = {};      // none where the descriptor is somebody else's
    std::string unix_path = {};  // of a socket file of ours
    ino_t unix_inode = 0;
  };

  /// Opens all, in their order, or none. First come those that were passed to us: they are not
  /// changed in any way, and may be no sockets at all. Names need not differ; addresses must.
  [[nodiscard]] static Result<HeldListeners> open(const std::vector<ListenSpec>& specs,
                                                  const std::vector<PassedSocket>& passed = {});

  HeldListeners() = default;
  HeldListeners(HeldListeners&&) = default;
  HeldListeners& operator=(HeldListeners&&) = delete;
  HeldListeners(const HeldListeners&) = delete;
  HeldListeners& operator=(const HeldListeners&) = delete;
  /// Unlinks the paths of unix sockets that were opened here, unless somebody else's are there now.
  ~HeldListeners();

  [[nodiscard]] const std::vector<Socket>& sockets() const { return sockets_; }
  [[nodiscard]] std::vector<int> descriptors() const;
  /// An instance may have left its mark on the sockets, O_NONBLOCK: takes it back for the next one.
  /// Not to be called while another instance runs. Leaves alone what was passed to us.
  void make_blocking() const;
  /// As LISTEN_FDNAMES has them: separated by ':'.
  [[nodiscard]] std::string names() const;

 private:
  [[nodiscard]] Result<void> pass_on(const PassedSocket& passed);
  [[nodiscard]] Result<void> listen(const ListenSpec& spec);

  std::vector<Socket> sockets_;
};

}  // namespace ops::supervisor
