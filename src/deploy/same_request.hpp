#pragma once

#include <string>

#include "deploy/deploy_record.hpp"
#include "deploy/refused.hpp"
#include "deploy/upload.hpp"

namespace ops::deploy {

/// Whether a request says of its content that it is this: the SHA-256 of an archive, or the hash of
/// sources; empty where it is not known.
[[nodiscard]] bool has_content(const UploadRequest& request, const std::string& archive,
                               const std::string& source);

/// Whether two requests carry the same idempotency key of the same user.
[[nodiscard]] bool has_same_key(const UploadRequest& one, const UploadRequest& other);

/// Whether the deploy that was begun with the same idempotency key can be what is asked for now.
[[nodiscard]] bool can_be(const DeployRecord& first, const UploadRequest& request);
[[nodiscard]] bool can_be(const DeployRecord& first, const RollbackRequest& request);

/// What is said where it cannot.
[[nodiscard]] Refused key_reused();

}  // namespace ops::deploy
