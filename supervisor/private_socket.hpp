#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::supervisor {

/// A listening unix socket at a path, for those alone who are the user that opened it, or root.
class PrivateSocket {
 public:
  /// The file has mode 0600 from its first moment. A socket file that nobody answers on is
  /// replaced; one that somebody answers on, and anything else at that path, is left alone and an
  /// error (EADDRINUSE).
  [[nodiscard]] static Result<std::unique_ptr<PrivateSocket>> open(const std::string& path);

  PrivateSocket(const PrivateSocket&) = delete;
  PrivateSocket& operator=(const PrivateSocket&) = delete;
  /// Unlinks the path, unless somebody else's file is there now.
  ~PrivateSocket();

  /// The descriptor, non-blocking and closed on exec. It becomes the caller's, who should keep it
  /// open until this is gone: as long as it is, nobody else's file has its number.
  [[nodiscard]] base::UniqueFd take_socket() { return std::move(socket_); }

 private:
  PrivateSocket() = default;

  base::UniqueFd socket_;
  std::string path_;  // absolute: the working directory may be another one at the end
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace ops::supervisor
