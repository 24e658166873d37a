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
    std::string address;  // what it is bound to
    base::UniqueFd fd;
    std::string unix_path;  // empty where it is none
    ino_t unix_inode = 0;
  };

  /// Opens all, in their order, or none.
  [[nodiscard]] static Result<HeldListeners> open(const std::vector<ListenSpec>& specs);

  HeldListeners() = default;
  HeldListeners(HeldListeners&&) = default;
  HeldListeners& operator=(HeldListeners&&) = delete;
  HeldListeners(const HeldListeners&) = delete;
  HeldListeners& operator=(const HeldListeners&) = delete;
  /// Unlinks the paths of unix sockets, unless somebody else's are there now.
  ~HeldListeners();

  [[nodiscard]] const std::vector<Socket>& sockets() const { return sockets_; }
  [[nodiscard]] std::vector<int> descriptors() const;
  /// As LISTEN_FDNAMES has them: separated by ':'.
  [[nodiscard]] std::string names() const;

 private:
  std::vector<Socket> sockets_;
};

}  // namespace ops::supervisor
