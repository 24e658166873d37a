#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::loop {

/// Where to listen: "0.0.0.0:8080", "[::]:8080", "127.0.0.1:0", "unix:/run/app.sock", or
/// "unix:@name" for an abstract socket, which has no file and goes with the last process that holds
/// it. Numbers only; no name is ever looked up.
class ListenAddress {
 public:
  /// A relative unix path is from the present working directory, whatever that is later. An error
  /// says why it is no address, without repeating it.
  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);

  /// A listening socket, non-blocking and closed on exec. TCP: SO_REUSEADDR, and an IPv6 address
  /// takes IPv6 only. A unix path that nobody answers on is replaced; one that is alive is "Address
  /// already in use". Who may connect to a unix path is up to the directories above it and to the
  /// umask: with 022 its owner alone, with 007 his group too, with 0 everybody. An abstract socket
  /// is open to everybody in the network namespace.
  [[nodiscard]] Result<base::UniqueFd> open() const;

  /// The absolute path of a unix socket that has a file, else empty.
  [[nodiscard]] const std::string& unix_path() const { return unix_path_; }
  /// The one form of all that mean the same.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] static Result<ListenAddress> parse_unix(std::string_view text);
  [[nodiscard]] static Result<ListenAddress> parse_ip(std::string_view text);

  std::string text_;
  std::string host_;
  std::string unix_path_;
  std::string abstract_name_;
  unsigned short port_ = 0;
  bool ipv6_ = false;
};

/// What a socket is bound to, in ListenAddress's one form: tells which port 0 became.
[[nodiscard]] Result<std::string> bound_address(int socket);

}  // namespace ops::loop
