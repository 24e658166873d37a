#include "failing_disk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

namespace {

enum class Mode { sound, fails_once, full };

struct Disk {
  Mode mode = Mode::sound;
  int calls_left = 0;
  bool has_failed = false;
};

Disk& disk() {
  thread_local Disk state;
  return state;
}

bool fail(int error) {
  disk().has_failed = true;
  errno = error;
  return true;
}

// For a call that changes the disk, but needs no room on it.
bool fails() {
  if (disk().mode != Mode::fails_once || --disk().calls_left != 0) return false;
  return fail(EIO);
}

bool fails_to_make(bool is_new) {
  if (disk().mode == Mode::full && is_new) return fail(ENOSPC);
  return fails();
}

bool fails_to_write(int fd, off_t end) {
  struct stat status {};
  const bool longer = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && end > status.st_size;
  return fails_to_make(longer);
}

bool exists(int directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

template <typename... Arguments>
int call(long number, Arguments... arguments) {
  return static_cast<int>(::syscall(number, arguments...));
}

}  // namespace

FailingDisk::FailingDisk(int nth) {
  assert(disk().mode == Mode::sound);
  disk() = {nth > 0 ? Mode::fails_once : Mode::full, nth, false};
}

FailingDisk::~FailingDisk() { disk() = {}; }

bool FailingDisk::has_failed() const { return disk().has_failed; }

// These take the place of the C library's for the whole program.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  if (disk().mode != Mode::sound) {
    const off_t at = ::lseek(fd, 0, (::fcntl(fd, F_GETFL) & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);
    if (fails_to_write(fd, at + static_cast<off_t>(size))) return -1;
  }
  return ::syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  if (fails_to_write(fd, at + static_cast<off_t>(size))) return -1;
  return ::syscall(SYS_pwrite64, fd, bytes, size, at);
}

// Under a name of its own, since the C library declares it with a mode that may be left out.
int open_or_create(int directory, const char* name, int flags, mode_t mode) __asm__("openat");
int open_or_create(int directory, const char* name, int flags, mode_t mode) {
  const bool creates = (flags & O_CREAT) != 0;
  if (creates && fails_to_make(!exists(directory, name))) return -1;
  return call(SYS_openat, directory, name, flags, mode);
}

int mkdirat(int directory, const char* name, mode_t mode) noexcept {
  if (fails_to_make(!exists(directory, name))) return -1;
  return call(SYS_mkdirat, directory, name, mode);
}

int fsync(int fd) { return fails() ? -1 : call(SYS_fsync, fd); }

int syncfs(int fd) noexcept { return fails() ? -1 : call(SYS_syncfs, fd); }

int ftruncate(int fd, off_t size) noexcept { return fails() ? -1 : call(SYS_ftruncate, fd, size); }

int renameat(int from, const char* name, int to, const char* other) noexcept {
  return fails() ? -1 : call(SYS_renameat2, from, name, to, other, 0);
}

int symlinkat(const char* target, int directory, const char* name) noexcept {
  return fails() ? -1 : call(SYS_symlinkat, target, directory, name);
}

int unlinkat(int directory, const char* name, int flags) noexcept {
  return fails() ? -1 : call(SYS_unlinkat, directory, name, flags);
}

}  // extern "C"
