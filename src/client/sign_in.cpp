#include "client/sign_in.hpp"

#include <algorithm>

#include "client/json_object.hpp"

namespace ops::client {
namespace {

constexpr std::size_t longest_key = 4096;

// Written by hand: a JSON library would leave copies of the password in freed memory.
void append_json_string(Secret& json, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  json.append("\"");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json.append("\\");
      json.append({&c, 1});
    } else if (byte < 0x20) {
      json.append("\\u00");
      json.append(digits.substr(byte >> 4, 1));
      json.append(digits.substr(byte & 15, 1));
    } else {
      json.append({&c, 1});
    }
  }
  json.append("\"");
}

Secret sign_in_body(const Credentials& credentials, const Secret& password) {
  Secret body("{\"user\":");
  append_json_string(body, credentials.user);
  body.append(",\"password\":");
  append_json_string(body, password.view());
  body.append(",\"deviceId\":");
  append_json_string(body, credentials.device);
  body.append("}");
  return body;
}

// The key becomes a header's value: nothing in it may end the line.
bool is_sendable(const std::string& key) {
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  return !key.empty() && key.size() <= longest_key && std::ranges::all_of(key, visible);
}

}  // namespace

Result<AuthKey, Failure> sign_in(HttpClient& http, const std::string& url,
                                 const Credentials& credentials, const Patience& patience) {
  const std::string action = "cannot sign in to " + url + " as " + credentials.user;
  auto password = credentials.password();
  if (!password) {
    return Failure{FailureKind::not_authorised, action + ": " + password.error().message};
  }
  const Secret body = sign_in_body(credentials, *password);
  *password = Secret();
  HttpRequest request{.method = "POST", .url = url + "/auth", .body = body.view()};
  request.headers = {{"content-type", "application/json"}};
  const auto response = http.send(request, patience);
  if (!response) return failure_of(action, url, response.error());
  if (response->status != 200) return failure_of(action, *response);
  if (const auto json = JsonObject::parse(response->body)) {
    AuthKey key{json->text("authKey"), json->text("expiresAt")};
    if (is_sendable(key.key)) return key;
  }
  return Failure{FailureKind::other, action + ": the answer holds no key; is that an ops server?"};
}

HttpHeaders auth_headers(const Credentials& credentials, const AuthKey& key) {
  return {{"x-auth-user", credentials.user},
          {"x-auth-device", credentials.device},
          {"x-auth-key", key.key}};
}

}  // namespace ops::client
