#include "supervisor/app_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/os_error.hpp"

namespace ops::supervisor {
namespace {

Result<PipeEnds> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return base::os_error("cannot open a pipe for the app's output");
  }
  return PipeEnds{base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

// One open file under two numbers, as `2>&1` makes it. Two that were opened apart have positions of
// their own in a file.
bool are_one(int out, int err) {
  struct stat first {};
  struct stat second {};
  if (::fstat(out, &first) != 0 || ::fstat(err, &second) != 0) return false;
  if (first.st_dev != second.st_dev || first.st_ino != second.st_ino) return false;
  if (::fcntl(out, F_GETFL) != ::fcntl(err, F_GETFL)) return false;
  return !S_ISREG(first.st_mode) || ::lseek(out, 0, SEEK_CUR) == ::lseek(err, 0, SEEK_CUR);
}

}  // namespace

AppOutput::AppOutput() : lines_(std::make_unique<OutputLines>()) {}

Result<std::unique_ptr<AppOutput>> AppOutput::open(loop::Loop& loop, int out, int err) {
  std::unique_ptr<AppOutput> opened(new AppOutput);
  using Stream = OutputLines::Stream;
  auto first = opened->open_relay(loop, out, Stream::output, opened->output_);
  if (!first) return std::move(first).error();
  if (are_one(out, err)) {
    opened->errors_.for_child = opened->output_.for_child;
    return opened;
  }
  auto second = opened->open_relay(loop, err, Stream::errors, opened->errors_);
  if (!second) return std::move(second).error();
  return opened;
}

Result<void> AppOutput::open_relay(loop::Loop& loop, int target, OutputLines::Stream stream,
                                   Way& way) {
  way.for_child = target;
  if (::isatty(target) == 1) return {};
  auto pipe = open_pipe();
  if (!pipe) return std::move(pipe).error();
  auto tap = open_pipe();
  if (!tap) return std::move(tap).error();
  way.write_end = std::move(pipe->writing);
  way.for_child = way.write_end.get();
  way.relay = std::make_unique<OutputRelay>(
      loop, std::move(pipe->reading), target,
      OutputRelay::Tap{std::move(*tap),
                       [this, stream](std::string_view bytes) { lines_->take(stream, bytes); }});
  return {};
}

void AppOutput::child_started() {
  output_.write_end.reset();
  errors_.write_end.reset();
}

std::vector<std::string> AppOutput::last_lines() const {
  return lines_ ? lines_->lines() : std::vector<std::string>{};
}

void AppOutput::forget_lines() {
  for (const Way* way : {&output_, &errors_}) {
    if (way->relay) way->relay->remove_tap();
  }
  lines_.reset();
}

bool AppOutput::drain(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool all = true;
  for (const Way* way : {&output_, &errors_}) {
    if (way->relay) all = way->relay->drain(deadline) && all;
  }
  return all;
}

bool AppOutput::ended() const {
  return (!output_.relay || output_.relay->ended()) && (!errors_.relay || errors_.relay->ended());
}

}  // namespace ops::supervisor
