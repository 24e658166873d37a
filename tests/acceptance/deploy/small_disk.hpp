#pragma once

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include "temporary_directory.hpp"

/// A file system in memory that is soon full. Only root can make one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) {
    const std::string options = "size=" + size + ",mode=0755";
    mounted_ = ::mount("tmpfs", place_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(place_.path().c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool is_there() const { return mounted_; }
  [[nodiscard]] std::string file(std::string_view name) const { return place_.file(name); }

  [[nodiscard]] std::size_t free_bytes() const {
    struct statvfs state {};
    ::statvfs(place_.path().c_str(), &state);
    return state.f_bavail * state.f_bsize;
  }
  /// Fills it up to so many free bytes.
  void leave(std::size_t bytes) const {
    std::ofstream filler(place_.path() / "filler", std::ios::binary | std::ios::app);
    const std::size_t present = free_bytes();
    filler << std::string(present - std::min(present, bytes), 'x') << std::flush;
  }
  void empty() const { std::filesystem::remove(place_.path() / "filler"); }

 private:
  TemporaryDirectory place_;
  bool mounted_ = false;
};
