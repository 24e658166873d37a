#pragma once

#include <string_view>

namespace ops::http1 {

/// Why bytes are not taken as a request: the status to answer with before the connection is closed,
/// and a sentence for the client. The sentence is a constant: it never repeats what was sent.
struct Refusal {
  int status = 400;
  std::string_view reason;
};

}  // namespace ops::http1
