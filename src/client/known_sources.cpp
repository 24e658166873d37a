#include "client/known_sources.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/durable_file.hpp"
#include "release/release_name.hpp"

namespace ops::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_remembered = 20;
constexpr std::size_t largest_memory = std::size_t{64} << 20;

void forget_the_oldest(const std::string& directory) {
  std::error_code ignored;
  std::vector<std::pair<fs::file_time_type, fs::path>> known;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    known.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  if (known.size() <= most_remembered) return;
  std::ranges::sort(known);
  for (std::size_t i = 0; i + most_remembered < known.size(); ++i) {
    fs::remove(known[i].second, ignored);
  }
}

}  // namespace

std::optional<release::Manifest> KnownSources::of(const std::string& release) const {
  if (directory_.empty() || !release::is_release_name(release)) return std::nullopt;
  const auto directory = base::open_directory(directory_);
  if (!directory) return std::nullopt;
  const auto text = base::read_file(directory->get(), release + ".json", largest_memory);
  if (!text) return std::nullopt;
  auto sources = release::Manifest::from_json(*text);
  if (!sources) return std::nullopt;
  return std::move(sources).value();
}

void KnownSources::remember(const std::string& release, const release::Manifest& sources) const {
  if (directory_.empty() || !release::is_release_name(release)) return;
  std::error_code ignored;
  fs::create_directories(directory_, ignored);
  const auto directory = base::open_directory(directory_);
  if (!directory) return;
  static_cast<void>(
      base::replace_file(directory->get(), release + ".json", sources.to_json(), 0600));
  forget_the_oldest(directory_);
}

}  // namespace ops::client
