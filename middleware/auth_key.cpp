#include "middleware/auth_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>

#include "base/base64url.hpp"
#include "base/durable_file.hpp"
#include "base/hex.hpp"
#include "base/hmac.hpp"
#include "base/os_error.hpp"
#include "base/random.hpp"

namespace ops::middleware {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::string_view version_prefix = "v1.";
constexpr std::size_t longest_key = 1024;
constexpr std::size_t nonce_digits = 16;
constexpr seconds clock_skew{60};
constexpr const char* secret_file = "auth.key";

long long unix_seconds(system_clock::time_point moment) {
  return duration_cast<seconds>(moment.time_since_epoch()).count();
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string string_claim(const nlohmann::json& claims, const char* name) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->is_string() ? claim->get<std::string>() : std::string();
}

long long time_claim(const nlohmann::json& claims, const char* name) {
  const auto claim = claims.find(name);
  return claim != claims.end() && claim->is_number_integer() ? claim->get<long long>() : -1;
}

bool in_its_time(const nlohmann::json& claims, system_clock::time_point now) {
  const long long issued = time_claim(claims, "iat"), expires = time_claim(claims, "exp");
  const long long present = unix_seconds(now);
  return issued >= 0 && issued <= present + clock_skew.count() &&
         expires > present - clock_skew.count() && expires > issued &&
         expires - issued <= seconds(longest_key_life).count();
}

// link(2) decides a race: the file appears whole under its name, for one of the racers only.
Result<void> create_secret(int directory) {
  base::Digest secret{};
  base::fill_random(secret);
  const std::string temporary = std::string(secret_file) + ".tmp-" + base::random_hex(12);
  const base::UniqueFd fd(::openat(directory, temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return base::os_error("cannot create auth.key");
  auto done = base::write_all(fd.get(), as_text(secret));
  if (done && ::fsync(fd.get()) != 0) done = base::os_error("cannot sync auth.key");
  if (done && ::linkat(directory, temporary.c_str(), directory, secret_file, 0) != 0 &&
      errno != EEXIST) {
    done = base::os_error("cannot create auth.key");
  }
  ::unlinkat(directory, temporary.c_str(), 0);
  return done ? base::sync_directory(directory) : done;
}

// One that others could read may have been read, but from now on nobody can; whose it is cannot be
// mended.
Result<void> make_private(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return base::os_error("cannot look at auth.key");
  if (!S_ISREG(status.st_mode)) return Error{"cannot use auth.key: it is no regular file"};
  if (status.st_uid != ::geteuid()) {
    return Error{"cannot use auth.key: it belongs to another user; remove it and sign in again"};
  }
  if ((status.st_mode & 07077) != 0 && ::fchmod(file, 0600) != 0) {
    return base::os_error("cannot take auth.key from others");
  }
  return {};
}

}  // namespace

bool is_valid_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

AuthKeySigner::AuthKeySigner(const base::Digest& secret, std::string_view user,
                             std::string_view password)
    : mac_key_{} {
  // The password goes in as a keyed fingerprint, so the signing key tells nothing about it.
  const std::string fingerprint = base::to_hex(base::hmac_sha256(secret, password));
  mac_key_ = base::hkdf_sha256(secret, "ops auth key\n" + std::string(user) + "\n" + fingerprint);
}

std::string AuthKeySigner::sign(const Identity& identity, system_clock::time_point now,
                                seconds lifetime) const {
  const nlohmann::json claims{{"u", identity.user},
                              {"d", identity.device},
                              {"iat", unix_seconds(now)},
                              {"exp", unix_seconds(now + lifetime)},
                              {"n", base::random_hex(nonce_digits)}};
  const std::string text = claims.dump();
  const std::string signed_part =
      std::string(version_prefix) + base::to_base64url(std::as_bytes(std::span(text)));
  return signed_part + "." + base::to_base64url(base::hmac_sha256(mac_key_, signed_part));
}

bool AuthKeySigner::accepts(std::string_view key, const Identity& identity,
                            system_clock::time_point now) const {
  if (key.size() > longest_key || !key.starts_with(version_prefix)) return false;
  const auto dot = key.rfind('.');
  if (dot < version_prefix.size()) return false;
  const std::string_view signed_part = key.substr(0, dot);
  const auto mac = base::from_base64url(key.substr(dot + 1));
  if (!mac || !base::equal_in_constant_time(*mac, base::hmac_sha256(mac_key_, signed_part))) {
    return false;
  }
  // From here on the claims are our own words.
  const auto text = base::from_base64url(signed_part.substr(version_prefix.size()));
  if (!text) return false;
  const auto claims = nlohmann::json::parse(as_text(*text), nullptr, /*allow_exceptions=*/false);
  return claims.is_object() && string_claim(claims, "u") == identity.user &&
         string_claim(claims, "d") == identity.device && in_its_time(claims, now);
}

Result<base::Digest> read_or_create_secret(int directory) {
  if (::faccessat(directory, secret_file, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
    if (auto created = create_secret(directory); !created) return created.error();
  }
  const base::UniqueFd file(
      ::openat(directory, secret_file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return base::os_error("cannot open auth.key");
  if (auto made_private = make_private(file.get()); !made_private) return made_private.error();
  base::Digest secret{};
  std::array<std::byte, secret.size() + 1> bytes{};
  const ssize_t size = ::read(file.get(), bytes.data(), bytes.size());
  if (size < 0) return base::os_error("cannot read auth.key");
  if (static_cast<std::size_t>(size) != secret.size()) {
    return Error{"cannot use auth.key: it does not hold 32 bytes; remove it and sign in again"};
  }
  std::copy_n(bytes.begin(), secret.size(), secret.begin());
  return secret;
}

}  // namespace ops::middleware
