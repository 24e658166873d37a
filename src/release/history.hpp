#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "release/journal.hpp"

namespace ops::release {

/// The name of the release that the container image ships; always healthy, never removed.
inline constexpr std::string_view image_id = "image";

/// Whether a release may serve. A release the journal does not know is on trial: it was never
/// healthy.
enum class Standing { trial, healthy, failed };

/// What became of one release, as the journal tells it.
struct ReleaseRecord {
  std::string id;
  std::string hash;  // of `image`: the image's name
  std::string source;
  std::chrono::system_clock::time_point created = {};
  Standing standing = Standing::trial;
  bool removed = false;
};

/// The journal, folded: a pure function of its lines. Order comes from the journal, never from
/// times.
class History {
 public:
  explicit History(const std::vector<JournalEntry>& entries);

  /// Oldest first, `image` among them once the journal names it. Removed releases stay, marked.
  [[nodiscard]] const std::vector<ReleaseRecord>& releases() const { return releases_; }
  [[nodiscard]] const ReleaseRecord* find(std::string_view id) const;
  /// `image` is healthy by definition.
  [[nodiscard]] Standing standing(std::string_view id) const;
  /// Releases in the order in which they were healthy and current, oldest first, each once, at its
  /// latest turn. Those that failed since or were removed are not among them.
  [[nodiscard]] const std::vector<std::string>& healthy_order() const { return healthy_order_; }
  /// The newest healthy release before `id` that is not removed; `image` where there is no other.
  [[nodiscard]] std::string healthy_before(std::string_view id) const;
  /// Whether somebody switched to `id` last and it has been neither healthy nor failed since. A
  /// release that was healthy long ago is gated by readiness like a new one; `image` is not.
  [[nodiscard]] bool awaits_readiness(std::string_view id) const { return id == awaiting_; }
  /// The deploy that switched to `id` last; empty where none did.
  [[nodiscard]] std::string deploy_of(std::string_view id) const;

 private:
  std::vector<ReleaseRecord> releases_;
  std::vector<std::string> healthy_order_;
  std::vector<std::pair<std::string, std::string>> deploys_;
  std::string awaiting_;
};

/// Which releases may go, oldest first, so that the last `keep` healthy ones stay (never fewer than
/// two). `current`, `previous`, `image` and releases on trial never go.
[[nodiscard]] std::vector<std::string> to_remove(const History& history, std::string_view current,
                                                 std::string_view previous, std::size_t keep);

}  // namespace ops::release
