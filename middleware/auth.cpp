#include "middleware/auth.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/hmac.hpp"
#include "base/random.hpp"
#include "base/rfc3339.hpp"
#include "middleware/client_network.hpp"
#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

// A sign-in is three short strings; a parser that recurses is never given more than this.
constexpr std::size_t longest_sign_in = 4096;
constexpr std::chrono::minutes key_life{15};
// Of what may be anything, the journal takes so much.
constexpr std::size_t longest_name = 64;

struct SignIn {
  std::string user;
  std::string password;
  std::string device;
};

std::optional<SignIn> parse_sign_in(std::string_view body) {
  if (body.size() > longest_sign_in) return std::nullopt;
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  SignIn sign_in;
  for (const auto& [name, field] :
       {std::pair{"user", &sign_in.user}, std::pair{"password", &sign_in.password},
        std::pair{"deviceId", &sign_in.device}}) {
    const auto value = json.find(name);
    if (value == json.end() || !value->is_string()) return std::nullopt;
    *field = value->get<std::string>();
  }
  return sign_in;
}

Response unauthorised(std::string_view message) {
  Response response = error_answer(401, "unauthorised", message);
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

// A browser sends Origin with every request that another site made it send; no tool of ours ever
// does.
bool comes_from_another_site(const Request& request) {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return request.count("origin") > 0;
  const auto host = origin.find("://");
  return host == std::string_view::npos || origin.substr(host + 3) != request.header("host");
}

Response other_site() {
  return error_answer(403, "foreign-origin", "requests made by another web site are not served");
}

}  // namespace

Auth::Auth(const Credentials& credentials, const base::Digest& secret, const base::Clock& clock,
           std::function<void(const FailedSignIn&)> login_failed)
    : clock_(clock),
      login_failed_(std::move(login_failed)),
      user_(credentials.user),
      signer_(secret, credentials.user, credentials.password) {
  base::fill_random(compare_key_);
  user_mac_ = base::hmac_sha256(compare_key_, credentials.user);
  password_mac_ = base::hmac_sha256(compare_key_, credentials.password);
}

bool Auth::is_right(std::string_view user, std::string_view password) const {
  const bool right_user =
      base::equal_in_constant_time(base::hmac_sha256(compare_key_, user), user_mac_);
  const bool right_password =
      base::equal_in_constant_time(base::hmac_sha256(compare_key_, password), password_mac_);
  return static_cast<int>(right_user) + static_cast<int>(right_password) == 2;
}

Response Auth::sign_in(const Request& request) {
  if (comes_from_another_site(request)) return other_site();
  const auto sign_in = parse_sign_in(request.body);
  if (!sign_in) {
    return error_answer(
        400, "bad-sign-in",
        R"(send {"user","password","deviceId"} as JSON, three strings, at most 4096 bytes)");
  }
  const std::string client = client_network(request.peer);
  if (const auto wait = throttle_.wait(client, clock_.now()); wait.count() > 0) {
    Response response =
        error_answer(429, "too-many-attempts", "too many wrong passwords; wait and try again");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    response.headers.emplace_back("retry-after", std::to_string(seconds));
    return response;
  }
  const bool right = is_right(sign_in->user, sign_in->password);
  if (!right || !is_valid_name(sign_in->device)) {
    note_failure(client, sign_in->user, request.peer);
    return unauthorised("wrong user, password or device");
  }
  throttle_.succeeded(client);
  const auto now = clock_.wall();
  const nlohmann::json body{{"ok", true},
                            {"authKey", signer_.sign({user_, sign_in->device}, now, key_life)},
                            {"expiresAt", base::to_rfc3339(now + key_life)}};
  Response response = Response::json(200, body.dump() + "\n");
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

void Auth::note_failure(const std::string& client, std::string_view user, std::string_view peer) {
  const unsigned in_a_row = throttle_.failed(client, clock_.now());
  if (in_a_row > 1 && in_a_row < LoginThrottle::free_failures) return;
  login_failed_({std::string(user.substr(0, longest_name)) + "@" + std::string(peer), in_a_row});
}

Result<Identity, Response> Auth::admit(const Request& request) const {
  if (comes_from_another_site(request)) return other_site();
  for (const std::string_view name : {"x-auth-user", "x-auth-device", "x-auth-key"}) {
    if (request.count(name) != 1) {
      return unauthorised(
          "send x-auth-user, x-auth-device and x-auth-key, each once; POST /auth gives the key");
    }
  }
  Identity identity{std::string(request.header("x-auth-user")),
                    std::string(request.header("x-auth-device"))};
  const bool known = identity.user == user_ && is_valid_name(identity.device);
  if (!signer_.accepts(request.header("x-auth-key"), identity, clock_.wall()) || !known) {
    return unauthorised(
        "the key is wrong, out of date or for another user or device; sign in again");
  }
  return identity;
}

}  // namespace ops::middleware
