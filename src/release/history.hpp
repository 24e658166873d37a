#pragma once

#include <chrono>
#include <functional>
#include <map>
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
  std::string deploy = {};               // that switched to it last
  std::optional<std::size_t> keep = {};  // what that one said of retention
};

/// What `current` was pointed to last, as the journal tells it, and by which deploy.
struct LastSwitch {
  std::string release;
  std::string deploy;
};

/// The journal, folded: a pure function of its lines, one after the other. Order comes from the
/// journal, never from times.
class History {
 public:
  History() = default;
  explicit History(const std::vector<JournalEntry>& entries);
  void add(const JournalEntry& entry);

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
  /// The release for which awaits_readiness() is true; empty where there is none.
  [[nodiscard]] const std::string& awaiting() const { return awaiting_; }
  /// The deploy that switched to `id` last; empty where none did.
  [[nodiscard]] std::string deploy_of(std::string_view id) const;
  [[nodiscard]] const std::optional<LastSwitch>& last_switch() const { return last_switch_; }

 private:
  ReleaseRecord& record(const JournalEntry& entry);
  void publish(const JournalEntry& entry);
  void switch_to(const JournalEntry& entry);
  void judge(const JournalEntry& entry, Standing standing);
  void remove(const JournalEntry& entry);
  void take_turn(const ReleaseRecord& release);
  void leave_order(const std::string& id);

  std::vector<ReleaseRecord> releases_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in releases_, by id
  std::vector<std::string> healthy_order_;
  std::string awaiting_;
  std::optional<LastSwitch> last_switch_;
};

/// Which releases may go, oldest first, so that the last `keep` healthy ones stay (never fewer than
/// two). `current`, `previous`, `image` and a release that awaits its readiness never go. One that
/// was never judged goes as one that failed does: nobody can go back to it. For the holder of the
/// lock: a release that is being deployed looks the same.
[[nodiscard]] std::vector<std::string> to_remove(const History& history, std::string_view current,
                                                 std::string_view previous, std::size_t keep);

}  // namespace ops::release
