#include "tree_snapshot.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace fs = std::filesystem;

namespace {

struct stat status_of(const fs::path& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0) std::abort();
  return status;
}

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string octal(unsigned number) {
  std::ostringstream text;
  text << std::oct << number;
  return text.str();
}

}  // namespace

TreeSnapshot snapshot(const fs::path& root) {
  TreeSnapshot found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const struct stat status = status_of(entry.path());
    std::string what = octal(status.st_mode) + " ";
    if (S_ISREG(status.st_mode)) {
      what += std::to_string(status.st_nlink) + " " + contents_of(entry.path());
    }
    if (S_ISLNK(status.st_mode)) what += fs::read_symlink(entry.path()).string();
    found[entry.path().lexically_relative(root).string()] = what;
  }
  return found;
}

TreeSnapshot files_of(const fs::path& root) {
  TreeSnapshot found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const struct stat status = status_of(entry.path());
    if (!S_ISREG(status.st_mode)) continue;
    found[entry.path().lexically_relative(root).string()] =
        octal(status.st_mode & 07777U) + " " + contents_of(entry.path());
  }
  return found;
}

std::string first_oddity(const fs::path& root) {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const struct stat status = status_of(entry.path());
    const unsigned mode = status.st_mode & 07777U;
    const bool plain_file =
        S_ISREG(status.st_mode) && status.st_nlink == 1 && (mode == 0644 || mode == 0755);
    const bool plain_directory = S_ISDIR(status.st_mode) && mode == 0755;
    if (!plain_file && !plain_directory) return entry.path().string() + " " + octal(status.st_mode);
  }
  return {};
}
