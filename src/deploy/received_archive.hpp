#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.hpp"
#include "base/unique_fd.hpp"
#include "deploy/deploy_settings.hpp"
#include "deploy/refused.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

/// The body of an upload in a file without a name below `staging`: it is gone with its descriptor,
/// however the process ends. Hashed as it comes.
class ReceivedArchive {
 public:
  /// Refuses at once what is announced as larger than may be received or than the disk has room for
  /// (twice: packed and unpacked), and everything on a disk without the room that must be left.
  [[nodiscard]] static Result<ReceivedArchive, Refused> open(
      const std::string& staging, const DeploySettings& settings,
      std::optional<std::uint64_t> announced);

  /// A refusal leaves it useless.
  [[nodiscard]] Result<void, Refused> write(std::string_view bytes);
  /// Once, after the last byte. `expected` is a SHA-256 in hex of either case; empty: not said.
  [[nodiscard]] Result<void, Refused> check(std::string_view expected);
  [[nodiscard]] int fd() const { return file_.get(); }

 private:
  ReceivedArchive(base::UniqueFd file, std::uint64_t limit)
      : file_(std::move(file)), limit_(limit) {}

  base::UniqueFd file_;
  std::uint64_t limit_;
  std::uint64_t received_ = 0;
  base::Sha256 sum_;
};

}  // namespace ops::deploy
