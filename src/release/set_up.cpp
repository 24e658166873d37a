// How a releases directory is set up, and put right after a crash: ReleaseStore::set_up().
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/tree.hpp"
#include "release/release_store.hpp"

namespace ops::release {
namespace {

constexpr const char* image_link = "image";

// What base::replace_file leaves when it is interrupted.
bool is_leftover(const std::string& name) { return name.find(".tmp-") != name.npos; }

bool is_any(const std::string& /*name*/) { return true; }

Result<void> remove_entries(const std::string& directory, bool (*chosen)(const std::string&)) {
  const auto fd = base::open_directory(directory);
  if (!fd) return fd.error();
  std::error_code trouble;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(directory, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    names.push_back(entry->path().filename().string());
  }
  if (trouble) return Error{"cannot read " + directory + ": " + trouble.message(), trouble};
  for (const std::string& name : names) {
    if (!chosen(name)) continue;
    if (auto removed = base::remove_tree(fd->get(), name); !removed) return removed;
  }
  return {};
}

Error locked_by(const std::string& path, const std::optional<LockHolder>& holder) {
  std::string who = "another process";
  if (holder && !holder->deploy.empty()) who = "deploy " + holder->deploy;
  if (holder && !holder->phase.empty()) who += " (" + holder->phase + ")";
  return {"cannot set up " + path + ": it is locked by " + who,
          std::make_error_code(std::errc::resource_unavailable_try_again)};
}

}  // namespace

/// The steps, in their order; each may be repeated after a crash.
class SetUp {
 public:
  SetUp(ReleaseStore& store, const ReleaseLock& held) : store_(store), held_(held) {}

  Result<void> make_subdirectories();
  Result<void> note_missing();
  Result<void> link_image(const std::string& image_directory);
  Result<void> go_to_new_image(std::string_view image_name);
  Result<void> mend_current();

 private:
  Result<void> note(EventKind event, std::string_view id, std::string reason);

  ReleaseStore& store_;
  const ReleaseLock& held_;
};

Result<void> SetUp::make_subdirectories() {
  for (const char* name : {"staging", "manifests", "logs"}) {
    if (::mkdirat(store_.directory(), name, 0755) != 0 && errno != EEXIST) {
      return base::os_error("cannot create " + store_.path() + '/' + name);
    }
  }
  return base::sync_directory(store_.directory());
}

Result<void> SetUp::note(EventKind event, std::string_view id, std::string reason) {
  JournalEntry entry;
  entry.event = event;
  entry.release = id;
  entry.reason = std::move(reason);
  return store_.journal().append(std::move(entry));
}

// A release whose directory is gone, by a crash in remove() or by hand, must not be gone back to.
Result<void> SetUp::note_missing() {
  const auto past = store_.history();
  if (!past) return past.error();
  for (const ReleaseRecord& release : past->releases()) {
    if (release.removed || release.id == image_id || store_.has(release.id)) continue;
    auto noted = note(EventKind::removed, release.id, "its directory was gone at the start");
    if (!noted) return noted;
  }
  return {};
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
  return base::sync_directory(store_.directory());
}

// The links first, the journal after them: interrupted, the next start does it all again.
Result<void> SetUp::go_to_new_image(std::string_view image_name) {
  const auto past = store_.history();
  if (!past) return past.error();
  const ReleaseRecord* known = past->find(image_id);
  const bool first = known == nullptr;
  const bool newer = !image_name.empty() && !first && known->hash != image_name;
  if (!first && !newer) return {};
  if (newer || !store_.current()) {
    if (auto pointed = store_.point("current", image_id); !pointed) return pointed;
    if (auto synced = base::sync_directory(store_.directory()); !synced) return synced;
  }
  JournalEntry entry;
  entry.event = EventKind::image;
  entry.release = image_id;
  entry.hash = image_name;
  entry.reason = newer ? "a newer image has been shipped" : "";
  return store_.journal().append(std::move(entry));
}

Result<void> SetUp::mend_current() {
  const auto named = store_.current();
  if (named && store_.has(*named)) {
    const auto lost = store_.note_lost_switch(held_);
    if (!lost) return lost.error();
    if (*lost) store_.repaired_.push_back("a switch had been interrupted: " + *named + " serves");
    if (auto pointed = store_.point_previous(); !pointed) return pointed;
    return base::sync_directory(store_.directory());
  }
  const auto past = store_.history();
  if (!past) return past.error();
  const auto& order = past->healthy_order();
  const auto newest = std::find_if(order.rbegin(), order.rend(),
                                   [this](const std::string& id) { return store_.has(id); });
  const std::string target = newest == order.rend() ? std::string(image_id) : *newest;
  JournalEntry why;
  why.event = EventKind::reverted;
  why.reason = named ? "`current` named " + *named + ", which is not there" : named.error().message;
  store_.repaired_.push_back(why.reason + "; it names " + target + " now");
  return store_.switch_to(held_, target, std::move(why));
}

Result<void> ReleaseStore::clean(const ReleaseLock& /*held*/) {
  if (auto done = remove_entries(path_ + "/staging", is_any); !done) return done;
  if (auto done = remove_entries(path_ + "/manifests", is_leftover); !done) return done;
  return remove_entries(path_, is_leftover);
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
  if (auto done = store->clean(**lock); !done) return done.error();
  if (auto done = steps.note_missing(); !done) return done.error();
  if (auto done = steps.link_image(image_directory); !done) return done.error();
  if (auto done = steps.go_to_new_image(image_name); !done) return done.error();
  if (auto done = steps.mend_current(); !done) return done.error();
  return store;
}

}  // namespace ops::release
