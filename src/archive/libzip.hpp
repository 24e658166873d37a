#pragma once

#include <zip.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "ops/result.hpp"

// What libzip hands out, owned, and what it calls, safe to be called from C.
namespace ops::archive {

struct ArchiveEnd {
  void operator()(zip_t* archive) const { ::zip_discard(archive); }
};
/// An archive that is being made: discarded, unless zip_close() has taken it.
using UniqueArchive = std::unique_ptr<zip_t, ArchiveEnd>;

struct SourceEnd {
  void operator()(zip_source_t* source) const { ::zip_source_free(source); }
};
/// A source: freed, unless an archive has taken it.
using UniqueSource = std::unique_ptr<zip_source_t, SourceEnd>;

/// Answers libzip's commands to a source by `Source::answer()`. The first error of all sources that
/// share a `Source::failure()` is kept there: libzip itself carries no words, only numbers.
template <typename Source>
zip_int64_t answer_libzip(void* source, void* bytes, zip_uint64_t length,
                          zip_source_cmd_t command) noexcept {
  auto& self = *static_cast<Source*>(source);
  if (command == ZIP_SOURCE_ERROR) {
    // What has no words in failure() is memory that ran out, below.
    const zip_error_t error = {ZIP_ER_MEMORY, 0, nullptr};
    return ::zip_error_to_data(&error, bytes, length);
  }
  try {
    Result<std::uint64_t> answer = self.answer(command, bytes, length);
    if (answer) return static_cast<zip_int64_t>(*answer);
    std::optional<Error>& failure = self.failure();
    if (!failure) failure = std::move(answer).error();
  } catch (...) {  // must not pass through C
  }
  return -1;
}

/// A source that `answers` libzip; it must outlive what is returned. Null where memory ran out.
template <typename Source>
UniqueSource make_libzip_source(Source& answers) {
  return UniqueSource(::zip_source_function_create(&answer_libzip<Source>, &answers, nullptr));
}

}  // namespace ops::archive
