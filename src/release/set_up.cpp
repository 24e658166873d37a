// How a releases directory is set up, and put right after a crash: ReleaseStore::set_up().
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/tree.hpp"
#include "release/journal_reader.hpp"
#include "release/release_store.hpp"

namespace ops::release {
namespace {

constexpr const char* image_link = "image";

// What base::replace_file leaves when it is interrupted.
bool is_leftover(const std::string& name) { return name.find(".tmp-") != name.npos; }

bool is_any(const std::string& /*name*/) { return true; }

template <typename Chosen>
Result<void> remove_entries(const std::string& directory, const Chosen& chosen) {
  const auto fd = base::open_directory(directory);
  if (!fd) return fd.error();
  const auto names = base::names_in(fd->get());
  if (!names) return names.error();
  Result<void> done;
  for (const std::string& name : *names) {
    if (!chosen(name)) continue;
    auto removed = base::remove_tree(fd->get(), name);
    if (!removed) done = std::move(removed);
  }
  return done;
}

Error locked_by(const std::string& path, const std::optional<LockHolder>& holder) {
  std::string who = "another process";
  if (holder && !holder->deploy.empty()) who = "deploy " + holder->deploy;
  if (holder && !holder->phase.empty()) who += " (" + holder->phase + ")";
  return {"cannot set up " + path + ": it is locked by " + who,
          std::make_error_code(std::errc::resource_unavailable_try_again)};
}

}  // namespace

/// The steps, in their order; each may be repeated after a crash. What is not needed to serve is
/// told as a warning where it cannot be done.
class SetUp {
 public:
  SetUp(ReleaseStore& store, const ReleaseLock& held) : store_(store), held_(held) {}

  Result<void> make_subdirectories();
  void tidy();
  void note_missing();
  Result<void> link_image(const std::string& image_directory);
  Result<void> go_to_new_image(std::string_view image_name);
  Result<void> mend_current();

 private:
  void warn(std::string sentence) { store_.repaired_.push_back(std::move(sentence)); }
  void warn_unless(const Result<void>& done) {
    if (!done) warn(done.error().message);
  }
  History past();
  void mend_journal(const std::string& serves);
  [[nodiscard]] std::string newest_healthy() const;

  ReleaseStore& store_;
  const ReleaseLock& held_;
};

Result<void> SetUp::make_subdirectories() {
  for (const char* name : {"staging", "manifests", "logs"}) {
    if (::mkdirat(store_.directory(), name, 0755) != 0 && errno != EEXIST) {
      return base::os_error("cannot create " + store_.path() + '/' + name);
    }
  }
  warn_unless(base::sync_directory(store_.directory()));
  return {};
}

void SetUp::tidy() {
  warn_unless(store_.clean(held_));
  const auto compacted = store_.journal().compact();
  if (!compacted) warn(compacted.error().message);
  const auto known = store_.history();
  if (!known) warn(known.error().message + ": what serves goes on serving");
  for (const UnreadableLine& line : store_.past_->unreadable()) warn(describe(line));
}

// A journal that cannot be read was told of before.
History SetUp::past() {
  auto known = store_.history();
  return known ? std::move(known).value() : History();
}

// A release whose directory is gone, by a crash in remove() or by hand, must not be gone back to.
void SetUp::note_missing() {
  const History history = past();
  for (const ReleaseRecord& release : history.releases()) {
    if (release.removed || release.id == image_id || !store_.is_gone(release.id)) continue;
    JournalEntry entry;
    entry.event = EventKind::removed;
    entry.release = release.id;
    entry.reason = "its directory was gone at the start";
    warn_unless(store_.journal().append(std::move(entry)));
  }
}

Result<void> SetUp::link_image(const std::string& image_directory) {
  std::error_code trouble;
  const auto real = std::filesystem::canonical(image_directory, trouble);
  if (trouble || !std::filesystem::is_directory(real, trouble)) {
    return Error{"cannot use " + image_directory + " as the image: it is no directory", trouble};
  }
  const auto present = std::filesystem::read_symlink(store_.path() + '/' + image_link, trouble);
  if (!trouble && present == real) return {};
  if (auto pointed = store_.point(image_link, real.string()); !pointed) return pointed;
  warn_unless(base::sync_directory(store_.directory()));
  return {};
}

// The links first, the journal after them: interrupted, the next start does it all again.
Result<void> SetUp::go_to_new_image(std::string_view image_name) {
  const History history = past();
  const ReleaseRecord* known = history.find(image_id);
  const bool first = known == nullptr;
  const bool newer = !image_name.empty() && !first && known->hash != image_name;
  if (!first && !newer) return {};
  if (newer || !store_.current()) {
    if (auto pointed = store_.point("current", image_id); !pointed) return pointed;
    warn_unless(base::sync_directory(store_.directory()));
  }
  JournalEntry entry;
  entry.event = EventKind::image;
  entry.release = image_id;
  entry.hash = image_name;
  entry.reason = newer ? "a newer image has been shipped" : "";
  warn_unless(store_.journal().append(std::move(entry)));
  return {};
}

void SetUp::mend_journal(const std::string& serves) {
  const auto lost = store_.note_lost_switch(held_);
  if (!lost) return warn(lost.error().message);
  if (*lost) warn("a switch had been interrupted: " + serves + " serves");
}

std::string SetUp::newest_healthy() const {
  const auto history = store_.history();
  if (!history) return store_.previous().value_or(std::string(image_id));
  const auto& order = history->healthy_order();
  const auto newest = std::find_if(order.rbegin(), order.rend(),
                                   [this](const std::string& id) { return store_.has(id); });
  return newest == order.rend() ? std::string(image_id) : *newest;
}

Result<void> SetUp::mend_current() {
  const auto named = store_.current();
  if (named && store_.has(*named)) {
    mend_journal(*named);
    warn_unless(store_.point_previous());
    warn_unless(base::sync_directory(store_.directory()));
    return {};
  }
  std::string target = newest_healthy();
  if (!store_.has(target)) target = image_id;
  JournalEntry why;
  why.event = EventKind::reverted;
  why.reason = named ? "`current` named " + *named + ", which is not there" : named.error().message;
  warn(why.reason + "; it names " + target + " now");
  return store_.retreat_to(held_, target, std::move(why));
}

Result<void> ReleaseStore::clean(const ReleaseLock& /*held*/) {
  auto staged = remove_entries(path_ + "/staging", is_any);
  auto manifests = remove_entries(path_ + "/manifests", [this](const std::string& name) {
    const bool is_manifest = name.ends_with(".json");
    return is_leftover(name) ||
           (is_manifest && is_gone(std::string_view(name).substr(0, name.rfind('.'))));
  });
  auto own = remove_entries(path_, is_leftover);
  if (!staged) return staged;
  return manifests ? own : manifests;
}

Result<ReleaseStore> ReleaseStore::set_up(const std::string& directory,
                                          const std::string& image_directory,
                                          std::string_view image_name, const base::Clock& clock) {
  std::error_code trouble;
  std::filesystem::create_directories(directory, trouble);
  if (trouble) return Error{"cannot create " + directory + ": " + trouble.message(), trouble};
  auto store = open(directory, clock);
  if (!store) return store;
  const auto lock = store->try_lock();
  if (!lock) return lock.error();
  if (!*lock) return locked_by(store->path(), store->lock_holder());
  SetUp steps(*store, **lock);
  if (auto done = steps.make_subdirectories(); !done) return done.error();
  steps.tidy();
  steps.note_missing();
  if (auto done = steps.link_image(image_directory); !done) return done.error();
  if (auto done = steps.go_to_new_image(image_name); !done) return done.error();
  if (auto done = steps.mend_current(); !done) return done.error();
  return store;
}

}  // namespace ops::release
