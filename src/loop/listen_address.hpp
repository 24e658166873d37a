#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::loop {

/// Where to listen: "0.0.0.0:8080", "[::]:8080", "127.0.0.1:0", "unix:/run/app.sock". Numbers only;
/// no name is ever looked up.
class ListenAddress {
 public:
  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);

  /// A listening socket, non-blocking and closed on exec. TCP: SO_REUSEADDR, and an IPv6 address
  /// takes IPv6 only. A unix path that nobody answers on is replaced; one that is alive is "Address
  /// already in use".
  [[nodiscard]] Result<base::UniqueFd> open() const;

  /// The path of a unix socket, else empty.
  [[nodiscard]] const std::string& unix_path() const { return unix_path_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string host_;
  std::string unix_path_;
  unsigned short port_ = 0;
  bool ipv6_ = false;
};

/// What a listening socket is bound to, as ListenAddress::parse reads it: tells which port 0
/// became.
[[nodiscard]] Result<std::string> bound_address(int socket);

}  // namespace ops::loop
