#include "base/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/os_error.hpp"
#include "base/random.hpp"

namespace ops::base {

Result<UniqueFd> open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_error("cannot open the directory " + path);
  return fd;
}

Result<std::string> read_file(int directory, const std::string& name, std::size_t limit) {
  const UniqueFd fd(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return os_error("cannot open " + name);
  std::string contents;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == 0) return contents;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("cannot read " + name);
    contents.append(buffer.data(), static_cast<std::size_t>(got));
    if (contents.size() > limit) {
      return Error{"cannot read " + name + ": it is larger than " + std::to_string(limit) +
                   " bytes"};
    }
  }
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return os_error("cannot write a file");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> replace_file(int directory, const std::string& name, std::string_view bytes,
                          mode_t mode) {
  const std::string temporary = name + ".tmp-" + random_hex(12);
  UniqueFd fd(::openat(directory, temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return os_error("cannot create " + temporary);
  Result<void> done = write_all(fd.get(), bytes);
  if (done && ::fsync(fd.get()) != 0) done = os_error("cannot sync " + temporary);
  fd.reset();
  if (done && ::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0) {
    done = os_error("cannot rename " + temporary + " to " + name);
  }
  if (!done) {
    ::unlinkat(directory, temporary.c_str(), 0);
    return done;
  }
  return sync_directory(directory);
}

Result<void> sync_directory(int directory) {
  if (::fsync(directory) != 0) return os_error("cannot sync a directory");
  return {};
}

}  // namespace ops::base
