#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "ops/result.hpp"

namespace ops::archive {

/// Unpacks deflate streams, one after the other, with the same memory.
///
/// This is zlib and not libzip, which stands on it: libzip (1.7) reads an entry whose stream goes
/// on after its last block, or never comes to one, without an error.
class Inflater {
 public:
  [[nodiscard]] static Result<Inflater> create();

  /// Begins another stream.
  void restart();

  enum class State { more, ended, broken };
  struct Step {
    std::size_t consumed;
    std::size_t produced;
    State state;
  };
  /// Unpacks from the front of `input` into `output` until one is used up or the stream ends.
  [[nodiscard]] Step step(std::span<const std::byte> input, std::span<std::byte> output);

 private:
  struct Stream;
  struct End {
    void operator()(Stream* stream) const;
  };
  explicit Inflater(std::unique_ptr<Stream, End> stream) : stream_(std::move(stream)) {}

  std::unique_ptr<Stream, End> stream_;
};

}  // namespace ops::archive
