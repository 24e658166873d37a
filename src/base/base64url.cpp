#include "base/base64url.hpp"

#include <cstdint>

namespace ops::base {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_base64url(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t held = 0;
  int bits = 0;
  for (const std::byte byte : bytes) {
    held = held << 8 | std::to_integer<std::uint32_t>(byte);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet[held >> bits & 0x3f];
    }
  }
  if (bits > 0) text += alphabet[held << (6 - bits) & 0x3f];
  return text;
}

std::optional<std::vector<std::byte>> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  int bits = 0;
  for (const char digit : text) {
    const auto value = alphabet.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::byte>(held >> bits & 0xff));
    }
  }
  const std::uint32_t unused = held & ((1U << bits) - 1);
  if (unused != 0) return std::nullopt;
  return bytes;
}

}  // namespace ops::base
