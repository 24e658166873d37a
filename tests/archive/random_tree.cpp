#include "random_tree.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace {

using Random = std::mt19937;

// mt19937 gives the same numbers everywhere, the standard distributions do not.
std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

std::string part(Random& random) {
  constexpr std::array<const char*, 12> names = {
      "src", "a b",      "K\xc3\xa4se", "\xe4\xb8\x96",       ".hidden", "-dash", "~tilde",
      "CON", "x.tar.gz", "trailing.",   "e\xcc\x81t\xc3\xa9", "%2e%2e"};
  // A number keeps names apart that differ only by case or in nothing.
  return names[below(random, names.size())] + std::to_string(below(random, 40));
}

std::string contents(Random& random) {
  constexpr std::array<std::size_t, 5> small = {0, 1, 10, 100, 5000};
  constexpr std::array<std::size_t, 3> large = {131'071, 131'072, 300'000};  // around a buffer's
  const bool is_large = below(random, 8) == 0;
  std::string text(is_large ? large[below(random, 3)] : small[below(random, 5)], 'x');
  switch (below(random, 3)) {
    case 0:  // does not shrink
      for (char& c : text) c = static_cast<char>(random());
      break;
    case 1:  // shrinks as text does
      for (char& c : text) c = static_cast<char>('a' + below(random, 6));
      break;
    default:  // shrinks like a bomb
      break;
  }
  return text;
}

}  // namespace

std::vector<ops::archive::SourceFile> make_random_tree(const TemporaryDirectory& root,
                                                       unsigned seed) {
  namespace fs = std::filesystem;
  Random random(seed);
  std::vector<ops::archive::SourceFile> files;
  const std::size_t count = 1 + below(random, 25);
  for (std::size_t i = 0; i < count; ++i) {
    std::string path;
    for (std::size_t depth = below(random, 5); depth > 0; --depth) path += part(random) + "/";
    path += "file" + std::to_string(i) + part(random);
    const unsigned mode = below(random, 4) == 0 ? 0755 : 0644;
    root.write(path, contents(random));
    fs::permissions(root.path() / path, static_cast<fs::perms>(mode));
    files.push_back({path, mode});
  }
  for (std::size_t i = files.size(); i > 1; --i) {
    std::swap(files[i - 1], files[below(random, i)]);
  }
  return files;
}
