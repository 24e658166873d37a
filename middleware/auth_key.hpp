#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/sha256.hpp"
#include "ops/result.hpp"

namespace ops::middleware {

/// Who a key is for. Both are 1 to 64 characters of [A-Za-z0-9_-].
struct Identity {
  std::string user;
  std::string device;

  bool operator==(const Identity&) const = default;
};

[[nodiscard]] bool is_valid_name(std::string_view name);

/// Signs and checks keys. Nothing is stored: a key carries its claims, `v1.` claims `.` MAC, and
/// its MAC's secret comes from a file that outlives restarts and from the user's password, so a key
/// dies when the password changes.
class AuthKeySigner {
 public:
  /// `secret`: 32 random bytes from read_or_create_secret().
  AuthKeySigner(const base::Digest& secret, std::string_view user, std::string_view password);

  [[nodiscard]] std::string sign(const Identity& identity,
                                 std::chrono::system_clock::time_point now,
                                 std::chrono::seconds lifetime) const;

  /// Whether `key` was signed here for this identity and is in its time. The clocks of machines may
  /// differ by a minute.
  [[nodiscard]] bool accepts(std::string_view key, const Identity& identity,
                             std::chrono::system_clock::time_point now) const;

 private:
  base::Digest mac_key_;
};

/// The longest life of any key, whatever it says.
inline constexpr std::chrono::hours longest_key_life{24};

/// The 32 bytes in `auth.key` below the open directory (0600); made at the first call, durably and
/// never twice, even when two processes come at once.
[[nodiscard]] Result<base::Digest> read_or_create_secret(int directory);

}  // namespace ops::middleware
