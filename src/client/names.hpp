#pragma once

#include <string_view>

namespace ops::client {

/// What a server may call a release or a deploy: 1 to 64 of [A-Za-z0-9._-], not starting with a
/// dot. Names become parts of paths and lines of output, so no other is taken from an answer.
[[nodiscard]] bool is_release_name(std::string_view text);
/// An id, "previous", "image", or so many releases back: "@{2}".
[[nodiscard]] bool is_rollback_target(std::string_view text);
[[nodiscard]] bool is_deploy_name(std::string_view text);

}  // namespace ops::client
