#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/deploy_state.hpp"
#include "deploy/refused.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

struct UploadRequest {
  enum class Body {
    archive,  // a zip of all sources
    offer,    // what they are (release::SourceOffer); the files that are missing follow
    missing,  // a zip of those
  };
  std::string by = {};       // "deploybot@laptop"
  std::string address = {};  // the client's
  /// Whoever sends the same one again within a day gets the deploy that the first led to.
  std::string idempotency_key = {};
  std::optional<std::uint64_t> content_length = {};
  std::string expected_sha256 = {};  // hex, empty: not said
  bool force = false;                // although this release failed before
  Body body = Body::archive;
  std::string deploy = {};  // of missing files: the deploy that waits for them
  std::string source = {};  // of an offer: the source hash of what is offered, where it is said
};

/// A deploy that was taken: its archive is whole and unpacked (or it is what serves already); or an
/// offer, of which these files are missing.
struct Accepted {
  std::string deploy;
  DeployState state;
  std::vector<std::string> missing = {};
  bool joined = false;  // it was begun by an earlier request
};

struct RollbackRequest {
  std::string to;  // an id, "previous", "image" or "@{2}"
  std::string by = {};
  std::string address = {};
  std::string idempotency_key = {};
};

/// An archive on its way to the disk. Destroyed before finish(), it takes the deploy back: the lock
/// is free, nothing remains.
class Upload {
 public:
  Upload() = default;
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  virtual ~Upload() = default;
  [[nodiscard]] virtual const std::string& deploy() const = 0;
  /// Appends to a temporary file. A refusal (too large, no space) ends the upload.
  [[nodiscard]] virtual Result<void, Refused> write(std::string_view bytes) = 0;
  using Answer = std::function<void(Result<Accepted, Refused>)>;
  /// The body is complete. `answer` is called on the loop's thread once the archive is unpacked and
  /// found whole, or refused; the deploy goes on by itself afterwards. After a write that was
  /// refused it is called with that refusal, once the lock is free. It need not be called when the
  /// Deployer is destroyed before. The Upload may be destroyed as soon as this returns.
  virtual void finish(Answer answer) = 0;
};

}  // namespace ops::deploy
