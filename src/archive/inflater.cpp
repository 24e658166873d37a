#include "archive/inflater.hpp"

#define ZLIB_CONST  // input is const then
#include <zlib.h>

#include <cerrno>
#include <utility>

#include "base/os_error.hpp"

namespace ops::archive {
namespace {

constexpr int raw_deflate = -MAX_WBITS;  // neither a zlib nor a gzip header around it

}  // namespace

struct Inflater::Stream {
  z_stream z = {};
};

void Inflater::End::operator()(Stream* stream) const {
  ::inflateEnd(&stream->z);
  delete stream;
}

Result<Inflater> Inflater::create() {
  auto stream = std::make_unique<Stream>();
  if (::inflateInit2(&stream->z, raw_deflate) != Z_OK) {
    return base::os_error("cannot unpack an archive", ENOMEM);
  }
  return Inflater(std::unique_ptr<Stream, End>(stream.release()));
}

void Inflater::restart() { ::inflateReset(&stream_->z); }

Inflater::Step Inflater::step(std::span<const std::byte> input, std::span<std::byte> output) {
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<const Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(output.data());
  z.avail_out = static_cast<uInt>(output.size());
  const int outcome = ::inflate(&z, Z_NO_FLUSH);
  Step step = {input.size() - z.avail_in, output.size() - z.avail_out, State::more};
  if (outcome == Z_STREAM_END) {
    step.state = State::ended;
  } else if (outcome != Z_OK) {
    step.state = State::broken;  // Z_BUF_ERROR too: it was called with nothing to do
  }
  return step;
}

}  // namespace ops::archive
