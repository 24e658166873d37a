#include "archive/deflater.hpp"

#define ZLIB_CONST  // input is const then
#include <zlib.h>

#include <cerrno>

#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr int level = 6;
constexpr int raw_deflate = -MAX_WBITS;  // neither a zlib nor a gzip header around it
constexpr int memory_level = 8;          // zlib's own default

}  // namespace

struct Deflater::Stream {
  z_stream z = {};
};

void Deflater::End::operator()(Stream* stream) const {
  ::deflateEnd(&stream->z);
  delete stream;
}

Result<Deflater> Deflater::create() {
  auto stream = std::make_unique<Stream>();
  if (::deflateInit2(&stream->z, level, Z_DEFLATED, raw_deflate, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    return base::os_error("cannot pack an archive", ENOMEM);
  }
  return Deflater(std::unique_ptr<Stream, End>(stream.release()));
}

void Deflater::restart() { ::deflateReset(&stream_->z); }

Deflater::Step Deflater::step(std::span<const std::byte> input, Input kind,
                              std::span<std::byte> output) {
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<const Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(output.data());
  z.avail_out = static_cast<uInt>(output.size());
  const int outcome = ::deflate(&z, kind == Input::last ? Z_FINISH : Z_NO_FLUSH);
  const bool done =
      kind == Input::last ? outcome == Z_STREAM_END : z.avail_in == 0 && z.avail_out != 0;
  return {input.size() - z.avail_in, output.size() - z.avail_out, done};
}

}  // namespace ops::archive
