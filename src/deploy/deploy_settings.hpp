#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "archive/zip_scan.hpp"

namespace ops::deploy {

struct DeploySettings {
  /// Run by sh -c in the staged tree; empty: nothing is built.
  std::string build_command = {};
  std::chrono::milliseconds build_time = std::chrono::seconds(600);
  /// From SIGTERM to SIGKILL for a build whose time is over.
  std::chrono::milliseconds build_stop_time = std::chrono::seconds(5);
  /// Paths that are taken over from the release that serves; the last part may be a pattern
  /// ("data*"). What the upload contains is not taken over: the upload wins.
  std::vector<std::string> carry = {};
  /// Paths that become links to an absolute path outside the releases, which is created as a
  /// directory where it is missing. An upload that contains such a path is refused: it would be
  /// hidden, or the shared files would.
  std::vector<std::pair<std::string, std::string>> shared = {};
  std::size_t keep = 2;
  std::uint64_t received_bytes = std::uint64_t{256} << 20;
  std::uint64_t unpacked_bytes = std::uint64_t{1} << 30;
  std::size_t entries = 50'000;
  std::size_t depth = 32;
  /// Of an archive that unpacks to more than 1 MiB: unpacked to packed bytes.
  std::uint64_t ratio = 200;
  /// What must be left on the disk of the releases with an upload received and unpacked there: for
  /// the journal, the manifest and what a build makes. Asked before a byte is received.
  std::uint64_t free_bytes = std::uint64_t{64} << 10;
  /// Of what a client offers, file by file, before it sends anything.
  std::size_t offer_bytes = std::size_t{16} << 20;
  /// How long the files that were missing in an offer may take to begin to come.
  std::chrono::milliseconds offer_time = std::chrono::seconds(30);
  /// Of what a build prints; the rest is dropped, and the log says so.
  std::size_t log_bytes = std::size_t{16} << 20;
  /// Names of environment variables that the build must not see.
  std::vector<std::string> secrets = {};
  /// Where the app serves, for the event that tells that it does.
  std::string url = {};
  unsigned short port = 0;
};

/// What is asked of an archive, and of the files that a client offers.
[[nodiscard]] inline archive::ScanLimits scan_limits(const DeploySettings& settings) {
  archive::ScanLimits limits;
  limits.unpacked_bytes = settings.unpacked_bytes;
  limits.entries = settings.entries;
  limits.depth = settings.depth;
  limits.ratio = settings.ratio;
  return limits;
}

}  // namespace ops::deploy
