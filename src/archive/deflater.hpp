#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "ops/result.hpp"

namespace ops::archive {

/// Makes deflate streams, one after the other, with the same memory. The same bytes, given in the
/// same pieces, give the same stream.
class Deflater {
 public:
  [[nodiscard]] static Result<Deflater> create();

  /// Begins another stream.
  void restart();

  enum class Input { more_follows, last };
  struct Step {
    std::size_t consumed;
    std::size_t produced;
    bool done;  // all input is taken and, after the last, the stream is complete
  };
  /// Packs from the front of `input` into `output` until the step is done or `output` is full.
  [[nodiscard]] Step step(std::span<const std::byte> input, Input kind,
                          std::span<std::byte> output);

 private:
  struct Stream;
  struct End {
    void operator()(Stream* stream) const;
  };
  explicit Deflater(std::unique_ptr<Stream, End> stream) : stream_(std::move(stream)) {}

  std::unique_ptr<Stream, End> stream_;
};

}  // namespace ops::archive
