#pragma once

#include <optional>
#include <string_view>

#include "client/http_message.hpp"

namespace ops::client {

/// Adds the field that a line of a head holds ("Name: value", its end may be on it) to `headers`;
/// a line without a colon adds none.
void add_header(HttpHeaders& headers, std::string_view line);

/// The answer among the last bytes that came over a connection before it broke: a server that
/// refuses an upload may close before it has read it, so that sending fails while the refusal lies
/// unread. Nothing where the bytes are no answer with a whole head. A body that is not whole is
/// kept as far as it came.
[[nodiscard]] std::optional<HttpResponse> read_early_answer(std::string_view bytes);

}  // namespace ops::client
