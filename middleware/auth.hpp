#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "middleware/auth_key.hpp"
#include "middleware/credentials.hpp"
#include "middleware/login_throttle.hpp"
#include "ops/middleware/message.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// A sign-in that was wrong, for those who look for attacks.
struct FailedSignIn {
  std::string who;    // the user that it named, and the address: "root@203.0.113.7"
  unsigned in_a_row;  // from there
};

/// Signs users in (POST /auth) and admits requests that carry a key. Keys need no memory here; only
/// failures are remembered.
class Auth {
 public:
  /// `login_failed` is told of the first failure from an address and of each that makes it wait
  /// longer, not of attempts that must wait.
  Auth(const Credentials& credentials, const base::Digest& secret, const base::Clock& clock,
       std::function<void(const FailedSignIn&)> login_failed);

  /// {"user","password","deviceId"} → {"ok":true,"authKey","expiresAt"}. The same 401, after the
  /// same work, for every wrong part.
  [[nodiscard]] Response sign_in(const Request& request);

  /// Who sends an /admin request: x-auth-user, x-auth-device and x-auth-key, each exactly once. The
  /// answer to give where that does not hold.
  [[nodiscard]] Result<Identity, Response> admit(const Request& request) const;

 private:
  void note_failure(const std::string& client, std::string_view user, std::string_view peer);
  [[nodiscard]] bool is_right(std::string_view user, std::string_view password) const;

  const base::Clock& clock_;
  std::function<void(const FailedSignIn&)> login_failed_;
  std::string user_;
  // Comparisons are made on MACs under a key of this process, so their time tells nothing about
  // what is compared.
  base::Digest compare_key_{};
  base::Digest user_mac_{};
  base::Digest password_mac_{};
  AuthKeySigner signer_;
  LoginThrottle throttle_;
};

}  // namespace ops::middleware
