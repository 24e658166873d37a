#pragma once

#include <string_view>

#include "ops/middleware/message.hpp"

namespace ops::middleware {

/// An error as every route of the product writes it:
/// {"ok":false,"error":{"code":"…","message":"…"}}. `code` is for programs and never changes;
/// `message` is for the person who must act.
[[nodiscard]] Response error_answer(int status, std::string_view code, std::string_view message);

}  // namespace ops::middleware
