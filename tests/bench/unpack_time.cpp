// Unpacks a zip as a deploy does, and prints how long each part took, in milliseconds.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "archive/zip_extract.hpp"
#include "archive/zip_scan.hpp"
#include "base/durable_file.hpp"
#include "base/unique_fd.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "unpack_time: cannot %s\n", what);
  std::exit(1);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) fail("go on: unpack_time ZIP EMPTY-DIRECTORY");
  const ops::base::UniqueFd archive(::open(arguments[1], O_RDONLY | O_CLOEXEC));
  const ops::base::UniqueFd target(::open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!archive || !target) fail("open the zip, or the directory");

  const auto began = Clock::now();
  const auto scanned = ops::archive::scan_zip(archive.get(), {});
  if (!scanned) fail("use the zip");
  const double scan = since(began);
  const auto unpacking = Clock::now();
  const auto files = ops::archive::extract_zip(archive.get(), *scanned, target.get());
  if (!files) fail("unpack");
  const double unpack = since(unpacking);
  const auto syncing = Clock::now();
  if (::syncfs(target.get()) != 0) fail("sync");
  std::printf("%zu %.1f %.1f %.1f\n", files->size(), scan, unpack, since(syncing));
}
