#include "deploy/same_request.hpp"

namespace ops::deploy {
namespace {

bool is_same(const std::string& one, const std::string& other) {
  return !one.empty() && one == other;
}

bool contradicts(const std::string& one, const std::string& other) {
  return !one.empty() && !other.empty() && one != other;
}

}  // namespace

bool has_content(const UploadRequest& request, const std::string& archive,
                 const std::string& source) {
  return is_same(archive, request.expected_sha256) || is_same(source, request.source);
}

bool has_same_key(const UploadRequest& one, const UploadRequest& other) {
  return is_same(one.idempotency_key, other.idempotency_key) &&
         user_of(one.by) == user_of(other.by);
}

bool can_be(const DeployRecord& first, const UploadRequest& request) {
  return !first.is_rollback && !contradicts(first.archive, request.expected_sha256) &&
         !contradicts(first.status.source, request.source);
}

// What `previous` meant then cannot be seen any more.
bool can_be(const DeployRecord& first, const RollbackRequest& request) {
  const bool is_name = request.to != "previous" && !request.to.starts_with('@');
  return first.is_rollback && (!is_name || first.status.release == request.to);
}

Refused key_reused() {
  return {RefusalKind::key_reused,
          "this idempotency key was sent with another request: use a new one"};
}

}  // namespace ops::deploy
