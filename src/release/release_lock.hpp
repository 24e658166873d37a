#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "ops/result.hpp"

namespace ops::release {

/// Who holds the lock, as its file says.
struct LockHolder {
  std::string deploy;
  std::string phase;
  std::chrono::system_clock::time_point since = {};
};

/// Held while something in the releases directory is changed: flock(2) on its file `lock`, so it
/// dies with its holder. The file's text says who holds it and why, for the one who is refused; it
/// is blank while nobody does. A disk that does not take the text keeps nobody from the lock.
class ReleaseLock {
 public:
  /// Takes the lock below the open directory `releases`; nothing while another holds it. Waits for
  /// nobody. `clock` must outlive the lock.
  [[nodiscard]] static Result<std::optional<ReleaseLock>> try_take(int releases,
                                                                   const base::Clock& clock);

  ReleaseLock(ReleaseLock&&) = default;
  ReleaseLock& operator=(ReleaseLock&& other) noexcept;
  ReleaseLock(const ReleaseLock&) = delete;
  ReleaseLock& operator=(const ReleaseLock&) = delete;
  ~ReleaseLock() { release(); }

  /// `{"deploy":"…","phase":"building","since":"…"}`; empty fields are left out. `since` is when
  /// the lock was taken.
  [[nodiscard]] Result<void> describe(std::string_view deploy, std::string_view phase);

 private:
  ReleaseLock(base::UniqueFd fd, std::chrono::system_clock::time_point since)
      : fd_(std::move(fd)), since_(since) {}
  void release();

  base::UniqueFd fd_;
  std::chrono::system_clock::time_point since_;
};

/// Who holds the lock now. Takes nothing that could be in a holder's way.
[[nodiscard]] std::optional<LockHolder> read_lock_holder(int releases);

}  // namespace ops::release
