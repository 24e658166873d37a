#include "deploy/build_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"

namespace ops::deploy {
namespace {

constexpr std::uint64_t lines_an_entry = 256;

std::string path_of(const std::string& releases, const std::string& deploy) {
  return releases + "/logs/" + deploy + ".log";
}

// Calls `visit` with all bytes from `offset` on, piece by piece, until it returns false.
template <typename Visit>
void read_from(int fd, std::uint64_t offset, const Visit& visit) {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    offset += static_cast<std::uint64_t>(got);
    if (!visit(std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return;
  }
}

}  // namespace

Result<BuildLog> BuildLog::create(const std::string& releases, const std::string& deploy,
                                  std::size_t limit) {
  base::UniqueFd file(::open(path_of(releases, deploy).c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                             0644));
  if (!file) return base::os_error("cannot create the log of " + deploy);
  return BuildLog(std::move(file), limit);
}

Result<void> BuildLog::append(std::string_view bytes) {
  const std::string_view kept = bytes.substr(0, room_);
  room_ -= kept.size();
  cut_ = cut_ || kept.size() < bytes.size();
  if (kept.empty()) return {};
  line_is_open_ = kept.back() != '\n';
  return base::write_all(file_.get(), kept);
}

Result<void> BuildLog::finish() {
  std::string end = line_is_open_ ? "\n" : "";
  if (cut_) end += "(the log is full: what the build printed from here on was not kept)\n";
  return base::write_all(file_.get(), end);
}

LogLines::Index& LogLines::index_of(const std::string& deploy) {
  const auto known = std::find_if(indexes_.begin(), indexes_.end(),
                                  [&deploy](const Index& index) { return index.deploy == deploy; });
  if (known != indexes_.end()) {
    indexes_.splice(indexes_.begin(), indexes_, known);
    return indexes_.front();
  }
  if (indexes_.size() == most_indexed) indexes_.pop_back();
  return indexes_.emplace_front(Index{.deploy = deploy});
}

LogLines::Indexed LogLines::open_indexed(const std::string& deploy) {
  Index& index = index_of(deploy);
  base::UniqueFd file(
      ::open(path_of(releases_, deploy).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return {index, std::move(file)};
  read_from(file.get(), index.read, [&index](std::string_view bytes) {
    for (std::size_t feed = bytes.find('\n'); feed != bytes.npos;
         feed = bytes.find('\n', feed + 1)) {
      ++index.lines;
      if (index.lines % lines_an_entry == 0) index.starts.push_back(index.read + feed + 1);
    }
    index.read += bytes.size();
    return true;
  });
  return {index, std::move(file)};
}

std::uint64_t LogLines::count(const std::string& deploy) {
  return open_indexed(deploy).index.lines;
}

std::vector<std::string> LogLines::read(const std::string& deploy, std::uint64_t after,
                                        std::size_t most) {
  const auto [index, file] = open_indexed(deploy);
  std::vector<std::string> lines;
  if (!file || after >= index.lines) return lines;
  const std::uint64_t wanted = std::min<std::uint64_t>(most, index.lines - after);
  std::uint64_t skip = after % lines_an_entry;
  std::string line;
  const auto visit = [&](std::string_view bytes) {
    while (!bytes.empty() && lines.size() < wanted) {
      const std::size_t feed = bytes.find('\n');
      const std::string_view part = bytes.substr(0, feed);
      line += part.substr(0, longest - std::min(longest, line.size()));
      if (feed == bytes.npos) return true;
      if (skip == 0) lines.push_back(std::exchange(line, {}));
      if (skip > 0) --skip;
      line.clear();
      bytes.remove_prefix(feed + 1);
    }
    return lines.size() < wanted;
  };
  read_from(file.get(), index.starts[after / lines_an_entry], visit);
  return lines;
}

}  // namespace ops::deploy
