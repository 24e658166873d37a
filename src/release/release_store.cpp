#include "release/release_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/random.hpp"
#include "base/tree.hpp"
#include "release/release_name.hpp"

namespace ops::release {
namespace {

constexpr const char* current_link = "current";
constexpr const char* previous_link = "previous";
// Room for the most files that may be deployed, with the longest names.
constexpr std::size_t largest_manifest = std::size_t{64} << 20;

Error no_such_release(std::string_view id) {
  return {"cannot use release " + std::string(id) + ": there is none with this name",
          std::make_error_code(std::errc::no_such_file_or_directory)};
}

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), ::free);
  if (!real) return base::os_error("cannot find " + path);
  return std::string(real.get());
}

Result<std::string> read_link(int directory, const char* name) {
  std::array<char, 4096> text{};
  const ssize_t length = ::readlinkat(directory, name, text.data(), text.size());
  if (length < 0) return base::os_error("cannot read the link " + std::string(name));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

bool is_directory(int parent, const std::string& name, int flags) {
  struct stat status {};
  return ::fstatat(parent, name.c_str(), &status, flags) == 0 && S_ISDIR(status.st_mode);
}

bool is_grave(const std::string& name) { return name.starts_with("removed-"); }

// At once, however much is in it: what is taken out of use is removed by sweep().
Result<void> bury(int parent, const std::string& name, int staging) {
  const std::string grave = "removed-" + base::random_hex(12);
  if (::renameat(parent, name.c_str(), staging, grave.c_str()) == 0) return {};
  return base::os_error("cannot remove " + name);
}

// Not durable by itself. What a crash left under this name is replaced.
Result<void> write_new(int directory, const std::string& name, std::string_view bytes) {
  const base::UniqueFd file(::openat(directory, name.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return base::os_error("cannot create manifests/" + name);
  return base::write_all(file.get(), bytes);
}

}  // namespace

ReleaseStore::ReleaseStore(std::string path, base::UniqueFd directory, const base::Clock& clock)
    : path_(std::move(path)),
      directory_(std::move(directory)),
      clock_(&clock),
      journal_(directory_.get(), clock),
      past_(std::make_unique<KnownHistory>(directory_.get())) {}

Result<ReleaseStore> ReleaseStore::open(const std::string& directory, const base::Clock& clock) {
  auto path = real_path(directory);
  if (!path) return path.error();
  auto fd = base::open_directory(*path);
  if (!fd) return fd.error();
  return ReleaseStore(std::move(path).value(), std::move(fd).value(), clock);
}

Result<History> ReleaseStore::history() const { return past_->now(); }

Result<std::string> ReleaseStore::current() const {
  auto id = read_link(directory(), current_link);
  if (id && !is_release_name(*id)) return Error{"cannot use `current`: it names no release"};
  return id;
}

std::optional<std::string> ReleaseStore::previous() const {
  auto id = read_link(directory(), previous_link);
  if (!id || !is_release_name(*id)) return std::nullopt;
  return std::move(id).value();
}

bool ReleaseStore::has(std::string_view id) const {
  if (!is_release_name(id)) return false;
  return is_directory(directory(), std::string(id), id == image_id ? 0 : AT_SYMLINK_NOFOLLOW);
}

bool ReleaseStore::is_gone(std::string_view id) const {
  if (!is_release_name(id)) return true;
  struct stat status {};
  if (::fstatat(directory(), std::string(id).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return !S_ISDIR(status.st_mode);
  }
  return errno == ENOENT;
}

Result<std::string> ReleaseStore::tree_path(std::string_view id) const {
  if (!has(id)) return no_such_release(id);
  return real_path(path_ + '/' + std::string(id));
}

Result<Manifest> ReleaseStore::sources(std::string_view id) const {
  if (!has(id)) return no_such_release(id);
  const auto manifests = subdirectory("manifests");
  if (!manifests) return manifests.error();
  const auto text = base::read_file(manifests->get(), std::string(id) + ".json", largest_manifest);
  if (!text) return text.error();
  return Manifest::from_json(*text);
}

Result<std::optional<ReleaseLock>> ReleaseStore::try_lock() {
  return ReleaseLock::try_take(directory(), *clock_);
}

std::optional<LockHolder> ReleaseStore::lock_holder() const {
  return read_lock_holder(directory());
}

Result<base::UniqueFd> ReleaseStore::subdirectory(const char* name) const {
  base::UniqueFd fd(::openat(directory(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return base::os_error("cannot open " + path_ + '/' + name);
  return fd;
}

Result<std::string> ReleaseStore::new_staging(const ReleaseLock& /*held*/) {
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  std::string name = base::random_hex(16);
  if (::mkdirat(staging->get(), name.c_str(), 0700) != 0) {
    return base::os_error("cannot create a directory in " + path_ + "/staging");
  }
  return name;
}

Result<void> ReleaseStore::publish(const ReleaseLock& /*held*/, const std::string& staging_name,
                                   std::string_view id, const Manifest& sources) {
  if (!is_release_name(id)) return no_such_release(id);
  const std::string name(id);
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  const auto manifests = subdirectory("manifests");
  if (!manifests) return manifests.error();
  if (::fchmodat(staging->get(), staging_name.c_str(), 0755, 0) != 0) {
    return base::os_error("cannot open up release " + name);
  }
  const std::string manifest = name + ".json";
  if (has(id)) {
    auto noted = base::replace_file(manifests->get(), manifest, sources.to_json(), 0644);
    return noted ? bury(staging->get(), staging_name, staging->get()) : noted;
  }
  if (auto written = write_new(manifests->get(), manifest, sources.to_json()); !written) {
    return written;
  }
  // One call for the tree and the manifest, since for the whole file system: much quicker than an
  // fsync a file, and as durable.
  if (::syncfs(staging->get()) != 0) {
    return base::os_error("cannot make release " + name + " durable");
  }
  if (::renameat(staging->get(), staging_name.c_str(), directory(), name.c_str()) != 0) {
    return base::os_error("cannot give release " + name + " its name");
  }
  auto synced = base::sync_directory(directory());
  // An error means that there is no such release.
  if (!synced) ::renameat(directory(), name.c_str(), staging->get(), staging_name.c_str());
  return synced;
}

// The new link is made in staging, which is emptied after a crash, and renamed over the old one.
Result<void> ReleaseStore::point(const char* link, std::string_view target) {
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  const std::string temporary = std::string(link) + '-' + base::random_hex(12);
  if (::symlinkat(std::string(target).c_str(), staging->get(), temporary.c_str()) != 0) {
    return base::os_error("cannot make a link to " + std::string(target));
  }
  if (::renameat(staging->get(), temporary.c_str(), directory(), link) != 0) {
    Error error =
        base::os_error("cannot point `" + std::string(link) + "` to " + std::string(target));
    ::unlinkat(staging->get(), temporary.c_str(), 0);
    return error;
  }
  return {};
}

Result<void> ReleaseStore::point_previous() {
  const auto now = current();
  if (!now) return now.error();
  const auto past = history();
  if (!past) return past.error();
  std::string before = past->healthy_before(*now);
  while (before != image_id && !has(before)) before = past->healthy_before(before);
  if (before != *now) return previous() == before ? Result<void>() : point(previous_link, before);
  if (::unlinkat(directory(), previous_link, 0) != 0 && errno != ENOENT) {
    return base::os_error("cannot remove `previous`");
  }
  return {};
}

Result<Switched> ReleaseStore::switch_to(const ReleaseLock& held, std::string_view id,
                                         JournalEntry why) {
  if (!has(id)) return no_such_release(id);
  why.release = id;
  if (auto noted = journal_.append(std::move(why)); !noted) return noted.error();
  if (auto pointed = point(current_link, id); !pointed) {
    // The journal is ahead; if this cannot be noted either, the next start does it.
    static_cast<void>(note_lost_switch(held));
    return pointed.error();
  }
  return complete_switch();
}

// `current` has changed, so nothing from here on may be told as if it had not.
Switched ReleaseStore::complete_switch() {
  const auto pointed = point_previous();
  const auto synced = base::sync_directory(directory());
  Switched done;
  if (!pointed) done.warning = pointed.error().message;
  if (!synced) done.warning += (done.warning.empty() ? "" : "; ") + synced.error().message;
  return done;
}

Result<void> ReleaseStore::retreat_to(const ReleaseLock& held, std::string_view id,
                                      JournalEntry why) {
  if (!has(id)) return no_such_release(id);
  if (switch_to(held, id, std::move(why))) return {};
  return point_back(held, id);
}

Result<void> ReleaseStore::point_back(const ReleaseLock& /*held*/, std::string_view id) {
  if (!has(id)) return no_such_release(id);
  if (auto pointed = point(current_link, id); !pointed) return pointed;
  static_cast<void>(complete_switch());
  return {};
}

Result<bool> ReleaseStore::note_lost_switch(const ReleaseLock& /*held*/) {
  const auto now = current();
  if (!now) return now.error();
  const auto past = history();
  if (!past) return past.error();
  const auto& last = past->last_switch();
  // A release that failed is the supervisor's to leave again.
  const bool lost = last && last->release != *now && past->standing(*now) != Standing::failed;
  if (!lost) return false;
  JournalEntry entry;
  entry.event = EventKind::reverted;
  entry.release = *now;
  entry.deploy = last->deploy;
  entry.code = "interrupted";
  entry.reason = "interrupted: the switch to " + last->release + " was noted but never made";
  if (auto noted = journal_.append(std::move(entry)); !noted) return noted.error();
  return true;
}

Result<void> ReleaseStore::remove(const ReleaseLock& held, std::string_view id) {
  if (!has(id)) return no_such_release(id);
  const auto now = current();
  if (id == image_id || (now && *now == id) || previous() == id) {
    return Error{"cannot remove release " + std::string(id) + ": it is in use"};
  }
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  if (auto buried = bury(directory(), std::string(id), staging->get()); !buried) return buried;
  if (auto synced = base::sync_directory(directory()); !synced) return synced;
  return forget(held, id);
}

Result<void> ReleaseStore::forget(const ReleaseLock& /*held*/, std::string_view id) {
  if (!is_release_name(id)) return no_such_release(id);
  const auto manifests = subdirectory("manifests");
  if (!manifests) return manifests.error();
  JournalEntry entry;
  entry.event = EventKind::removed;
  entry.release = id;
  if (auto noted = journal_.append(std::move(entry)); !noted) return noted;
  return base::remove_tree(manifests->get(), std::string(id) + ".json");
}

Result<void> ReleaseStore::bury_staged(const ReleaseLock& /*held*/) {
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  const auto names = base::names_in(staging->get());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (is_grave(name)) continue;
    if (auto buried = bury(staging->get(), name, staging->get()); !buried) return buried;
  }
  return {};
}

bool ReleaseStore::has_staged() const {
  const auto staging = subdirectory("staging");
  const auto names = staging ? base::names_in(staging->get()) : staging.error();
  return names && !std::all_of(names->begin(), names->end(), is_grave);
}

Result<void> ReleaseStore::sweep(const std::stop_token& stop) const {
  const auto staging = subdirectory("staging");
  if (!staging) return staging.error();
  const auto names = base::names_in(staging->get());
  if (!names) return names.error();
  Result<void> swept;
  for (const std::string& name : *names) {
    if (!is_grave(name)) continue;
    auto removed = base::remove_tree(staging->get(), name, stop);
    if (!removed) swept = std::move(removed);
  }
  return swept;
}

}  // namespace ops::release
