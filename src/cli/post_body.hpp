#pragma once

#include <string>

#include "base/unique_fd.hpp"
#include "cli/surroundings.hpp"
#include "client/http_message.hpp"
#include "ops/result.hpp"

namespace ops::cli {

/// The body that --data names, and what keeps its bytes.
class PostBody {
 public:
  /// The text itself, "@FILE" (streamed), or "-": standard input, at most 64 MiB.
  [[nodiscard]] static Result<PostBody> open(const std::string& text,
                                             const Surroundings& surroundings);

  /// Puts the body into a request; this must outlive its sending.
  void attach_to(client::HttpRequest& request) const;
  [[nodiscard]] std::uint64_t bytes() const { return file_ ? file_bytes_ : text_.size(); }

 private:
  std::string text_;
  base::UniqueFd file_;
  std::uint64_t file_bytes_ = 0;
};

/// Reads "Name: value". Refused: what would break the request's framing or forge who sends it.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_header(const std::string& text);

}  // namespace ops::cli
