#pragma once

#include <chrono>
#include <string>

namespace ops::deploy {

/// A release that this process has switched to and that is started beside it, by the supervisor,
/// who holds the lock while it judges the release. Nobody else may deploy before it has, and it
/// takes the lock a moment after this process has let go of it. A pure function of what is seen.
class Handover {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What can be seen at one moment.
  struct Sight {
    bool lock_is_held = false;
    bool journal_tells_the_end = false;
    Time at = {};
  };

  /// How long it is waited for whoever takes the lock: a supervisor that cannot, for want of
  /// descriptors, must not keep everybody from deploying for ever. And the release `image` is never
  /// judged: whether it has come up only its own process tells, by this one's end.
  static constexpr std::chrono::seconds patience{60};

  Handover(std::string deploy, const std::string& release, Time since);

  [[nodiscard]] const std::string& deploy() const { return deploy_; }
  [[nodiscard]] Time since() const { return since_; }

  /// To be told what is seen whenever something may have changed.
  void look(const Sight& sight);
  /// The release was judged, and nobody holds the lock for it any more. Where the disk takes no
  /// line about it, that somebody has held the lock is enough.
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  std::string deploy_;
  Time since_;
  bool is_judged_;
  bool taken_up_ = false;
  bool over_ = false;
};

}  // namespace ops::deploy
