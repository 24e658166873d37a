#pragma once

#include <string_view>
#include <vector>

namespace ops::client {

/// Bytes that must not stay in memory for longer than they are needed: wiped when this is
/// destroyed. Moved, never copied.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

  /// Appends; memory that was outgrown is wiped too.
  void append(std::string_view text);

 private:
  void wipe();

  // Not a string: a short one keeps its bytes inside itself and leaves them behind when moved.
  std::vector<char> bytes_;
};

}  // namespace ops::client
