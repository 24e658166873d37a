#pragma once

#include <functional>
#include <string>

#include "client/failure.hpp"
#include "client/http_client.hpp"
#include "client/secret.hpp"

namespace ops::client {

/// Who signs in. The password is asked for at the moment it is sent and wiped afterwards.
struct Credentials {
  std::string user;
  std::string device;
  std::function<Result<Secret>()> password;
};

/// What POST /auth gives: it stands for user and device until it expires.
struct AuthKey {
  std::string key;
  std::string expires_at;  // RFC 3339, as the server wrote it
};

/// Signs in at `url` (scheme, host, port).
[[nodiscard]] Result<AuthKey, Failure> sign_in(HttpClient& http, const std::string& url,
                                               const Credentials& credentials,
                                               const Patience& patience);

/// The three headers that make a request an authorised one.
[[nodiscard]] HttpHeaders auth_headers(const Credentials& credentials, const AuthKey& key);

}  // namespace ops::client
