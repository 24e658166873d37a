#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "ops/result.hpp"
#include "release/history.hpp"
#include "release/journal.hpp"
#include "release/known_history.hpp"
#include "release/manifest.hpp"
#include "release/release_lock.hpp"

namespace ops::release {

/// A switch that was made. What could not be done after it is only for the log: `current` names the
/// release all the same.
struct Switched {
  std::string warning = {};
};

/// The releases directory: names, links and what is durable when. Reading needs no
/// lock and never sees half a thing; every member that changes something says so by taking a
/// ReleaseLock. All state is on the disk, so members may be called from several threads at once.
class ReleaseStore {
 public:
  /// Opens a directory that exists. `clock` must outlive the store.
  [[nodiscard]] static Result<ReleaseStore> open(const std::string& directory,
                                                 const base::Clock& clock);

  /// Sets up what is missing (`image` -> `image_directory`, `current` -> image, subdirectories),
  /// removes what a crash left in `staging`, and points `current` to the image when `image_name`
  /// (OPS_IMAGE_ID, may be empty) is not the one in the journal. Where `current` leads nowhere it
  /// goes to the newest healthy release that is there. For server-runner, at its start. Creates
  /// `directory` itself. Takes the lock; an error while another holds it names the holder, and
  /// waiting is the caller's. Any other error means that there is nothing that could serve: what
  /// else cannot be read or written is told by repaired().
  [[nodiscard]] static Result<ReleaseStore> set_up(const std::string& directory,
                                                   const std::string& image_directory,
                                                   std::string_view image_name,
                                                   const base::Clock& clock);

  /// Absolute, without symbolic links.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int directory() const { return directory_.get(); }
  [[nodiscard]] Journal& journal() { return journal_; }
  [[nodiscard]] const Journal& journal() const { return journal_; }
  [[nodiscard]] Result<History> history() const;

  /// What set_up() had to put right, or could not, one sentence each, for the log.
  [[nodiscard]] const std::vector<std::string>& repaired() const { return repaired_; }

  /// The release that a link names.
  [[nodiscard]] Result<std::string> current() const;
  [[nodiscard]] std::optional<std::string> previous() const;
  /// The real path of a release's tree (of the image: the directory it ships).
  [[nodiscard]] Result<std::string> tree_path(std::string_view id) const;
  [[nodiscard]] bool has(std::string_view id) const;
  /// Whether it is certain that there is no such release: a disk that fails for a moment makes
  /// has() false, and nothing may be given up for that.
  [[nodiscard]] bool is_gone(std::string_view id) const;
  /// What a release was made of. The image has no such manifest.
  [[nodiscard]] Result<Manifest> sources(std::string_view id) const;

  /// Nothing while another holds it; waits for nobody.
  [[nodiscard]] Result<std::optional<ReleaseLock>> try_lock();
  [[nodiscard]] std::optional<LockHolder> lock_holder() const;

  /// Removes what a crash left in `staging`, half-written files, and manifests of releases that are
  /// not there. For whoever starts.
  [[nodiscard]] Result<void> clean(const ReleaseLock& held);
  /// A new empty directory below `staging`, 0700; its name.
  [[nodiscard]] Result<std::string> new_staging(const ReleaseLock& held);
  /// Makes a staged tree durable (syncfs) and gives it its final name. It is no error when that
  /// release exists already: the staged tree is removed. The manifest of its sources goes to
  /// manifests/<id>.json first.
  [[nodiscard]] Result<void> publish(const ReleaseLock& held, const std::string& staging_name,
                                     std::string_view id, const Manifest& sources);
  /// Points `current` to `id` by rename(2), durably, and `previous` to the newest healthy release
  /// before it. An error means that `current` is what it was. The journal line (`switched`,
  /// `rolled_back`, `reverted`) is written first, so a crash between leaves current on the old one
  /// and the journal ahead: set_up() and the supervisor go by the link, and note_lost_switch()
  /// notes what became of it.
  [[nodiscard]] Result<Switched> switch_to(const ReleaseLock& held, std::string_view id,
                                           JournalEntry why);
  /// As switch_to, but goes on when the journal cannot be written: a full disk must not keep a
  /// broken release in service.
  [[nodiscard]] Result<void> retreat_to(const ReleaseLock& held, std::string_view id,
                                        JournalEntry why);
  /// As retreat_to, where that has been noted already and only the link could not be changed.
  [[nodiscard]] Result<void> point_back(const ReleaseLock& held, std::string_view id);
  /// Where the journal is ahead of `current` (a crash in switch_to), notes `reverted` to what
  /// `current` really is. Returns whether it had to.
  [[nodiscard]] Result<bool> note_lost_switch(const ReleaseLock& held);
  /// Takes a release and its manifest away, and notes it. The tree is only renamed, into staging,
  /// so half a release is never seen and nobody waits: sweep() removes it. Never `image`, `current`
  /// or `previous`.
  [[nodiscard]] Result<void> remove(const ReleaseLock& held, std::string_view id);
  /// Notes that a release which only the journal knows of is not there, and takes its manifest
  /// away: it is written before the release has its name.
  [[nodiscard]] Result<void> forget(const ReleaseLock& held, std::string_view id);
  /// Hands all that was staged to sweep(). For whoever takes the lock and finds some.
  [[nodiscard]] Result<void> bury_staged(const ReleaseLock& held);
  [[nodiscard]] bool has_staged() const;
  /// Removes what remove() and bury_staged() took out of use. Slow; needs no lock.
  [[nodiscard]] Result<void> sweep(const std::stop_token& stop = {}) const;

 private:
  friend class SetUp;
  ReleaseStore(std::string path, base::UniqueFd directory, const base::Clock& clock);

  [[nodiscard]] Result<base::UniqueFd> subdirectory(const char* name) const;
  [[nodiscard]] Result<void> point(const char* link, std::string_view target);
  [[nodiscard]] Result<void> point_previous();
  [[nodiscard]] Switched complete_switch();

  std::string path_;
  base::UniqueFd directory_;
  const base::Clock* clock_;
  Journal journal_;
  std::unique_ptr<KnownHistory> past_;
  std::vector<std::string> repaired_;
};

}  // namespace ops::release
