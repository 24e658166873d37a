#pragma once

#include <optional>
#include <string>

#include "client/sign_in.hpp"

namespace ops::client {

/// A conversation with one server: signs in when that is first needed, and once more when a key
/// has lost its validity (a server whose disk did not survive its restart forgets its keys).
class Session {
 public:
  /// `url` as parse_server_url() returns it.
  Session(std::string url, Credentials credentials);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const Credentials& credentials() const { return credentials_; }

  /// The key, asked for if there is none yet.
  [[nodiscard]] Result<AuthKey, Failure> key(const Patience& patience);

  /// Sends `request` to `path` (its url is set here) with the headers of an authorised one. Any
  /// status is a response, 401 too where a new key did not help. `action` begins the message of a
  /// failure: "cannot roll back".
  [[nodiscard]] Result<HttpResponse, Failure> send(const std::string& action,
                                                   const std::string& path, HttpRequest request,
                                                   const Patience& patience);

  /// The same without signing in, for paths that are open to everybody.
  [[nodiscard]] Result<HttpResponse, Failure> send_open(const std::string& action,
                                                        const std::string& path,
                                                        HttpRequest request,
                                                        const Patience& patience);

  /// The release that serves, as /ping tells; empty where the server knows of no releases.
  [[nodiscard]] Result<std::string, Failure> serving(const Patience& patience);

 private:
  std::string url_;
  Credentials credentials_;
  HttpClient http_;
  std::optional<AuthKey> key_;
};

}  // namespace ops::client
