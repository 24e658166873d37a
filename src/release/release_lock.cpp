#include "release/release_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/rfc3339.hpp"
#include "release/json_text.hpp"

namespace ops::release {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* lock_name = "lock";
constexpr std::size_t longest_record = 4096;
// The file keeps this length, so that a full disk has room for whatever is to be said.
constexpr std::size_t padded_length = 256;

bool write_padded(int fd, std::string text) {
  if (text.size() < padded_length) text.resize(padded_length, ' ');
  text += '\n';
  // By one call, so a reader sees the old text or the new one.
  return ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

void say_nothing(int fd) {
  if (!write_padded(fd, "")) static_cast<void>(::ftruncate(fd, 0) == 0);
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \n") == text.npos; }

// Left by a holder that was killed: its text stays, its lock does not.
bool is_locked(int releases) {
  const base::UniqueFd fd(::openat(releases, lock_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

Result<std::optional<ReleaseLock>> ReleaseLock::try_take(int releases, const base::Clock& clock) {
  base::UniqueFd fd(::openat(releases, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return base::os_error("cannot open the releases' lock");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return std::optional<ReleaseLock>();
    return base::os_error("cannot take the releases' lock");
  }
  ReleaseLock lock(std::move(fd), clock.wall());
  // Whoever holds it without saying so holds it all the same.
  if (!lock.describe("", "")) say_nothing(lock.fd_.get());
  return std::optional(std::move(lock));
}

ReleaseLock& ReleaseLock::operator=(ReleaseLock&& other) noexcept {
  if (this == &other) return *this;
  release();
  fd_ = std::move(other.fd_);
  since_ = other.since_;
  return *this;
}

Result<void> ReleaseLock::describe(std::string_view deploy, std::string_view phase) {
  Json holder;
  if (!deploy.empty()) holder["deploy"] = deploy;
  if (!phase.empty()) holder["phase"] = phase;
  holder["since"] = base::to_rfc3339(since_);
  if (!write_padded(fd_.get(), holder.dump(-1, ' ', false, Json::error_handler_t::replace))) {
    return base::os_error("cannot say who holds the releases' lock");
  }
  return {};
}

// The text goes first: once the lock is free, another may write its own.
void ReleaseLock::release() {
  if (!fd_) return;
  say_nothing(fd_.get());
  ::flock(fd_.get(), LOCK_UN);
  fd_.reset();
}

std::optional<LockHolder> read_lock_holder(int releases) {
  const auto text = base::read_file(releases, lock_name, longest_record);
  if (!text || is_blank(*text) || !is_locked(releases)) return std::nullopt;
  const auto object = Json::parse(std::string_view(*text), nullptr, false);
  if (!object.is_object()) return LockHolder{};
  return LockHolder{text_of(object, "deploy"), text_of(object, "phase"),
                    base::from_rfc3339(text_of(object, "since"))
                        .value_or(std::chrono::system_clock::time_point())};
}

}  // namespace ops::release
