#include "deploy/carried_paths.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/tree.hpp"

namespace ops::deploy {
namespace {

// "a/b/c*" as "a/b" and "c*".
struct SplitPath {
  std::vector<std::string> parents;
  std::string last;
};

Result<SplitPath> split(std::string_view path) {
  SplitPath parts;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string part(path.substr(0, slash));
    if (part.empty() || part == "." || part == "..") {
      return Error{"it must be a relative path without \".\" and \"..\""};
    }
    if (slash == path.npos) {
      parts.last = part;
      return parts;
    }
    parts.parents.push_back(part);
    path.remove_prefix(slash + 1);
  }
}

constexpr int open_part = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

bool leads_nowhere(int error) { return error == ENOENT || error == ENOTDIR || error == ELOOP; }

// No descriptor where the path leads nowhere; no link is followed.
Result<base::UniqueFd> descend(const std::string& root, const std::vector<std::string>& parents) {
  auto directory = base::open_directory(root);
  for (const std::string& part : parents) {
    if (!directory) return directory;
    base::UniqueFd inner(::openat(directory->get(), part.c_str(), open_part));
    if (!inner && leads_nowhere(errno)) return base::UniqueFd();
    if (!inner) return base::os_error("cannot open " + part);
    directory = std::move(inner);
  }
  return directory;
}

Result<base::UniqueFd> make_parents(const std::string& root,
                                    const std::vector<std::string>& parents) {
  auto directory = base::open_directory(root);
  for (const std::string& part : parents) {
    if (!directory) return directory;
    if (::mkdirat(directory->get(), part.c_str(), 0755) != 0 && errno != EEXIST) {
      return base::os_error("cannot create " + part);
    }
    base::UniqueFd inner(::openat(directory->get(), part.c_str(), open_part));
    if (!inner) return base::os_error("cannot open " + part);
    directory = std::move(inner);
  }
  return directory;
}

bool exists(int directory, const std::string& name) {
  struct stat status {};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_shared(const std::string& path, const DeploySettings& settings) {
  return std::any_of(settings.shared.begin(), settings.shared.end(),
                     [&path](const auto& shared) { return shared.first == path; });
}

Result<std::vector<std::string>> names_like(const std::string& directory,
                                            const std::string& pattern) {
  std::vector<std::string> names;
  std::error_code trouble;
  for (std::filesystem::directory_iterator entry(directory, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    std::string name = entry->path().filename().string();
    if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) names.push_back(std::move(name));
  }
  if (trouble) return Error{"cannot read " + directory + ": " + trouble.message(), trouble};
  return names;
}

Result<bool> carry_one(const std::string& from, const std::string& to, const std::string& pattern,
                       const DeploySettings& settings, const std::stop_token& stop) {
  const auto path = split(pattern);
  if (!path) return path.error();
  const auto source = descend(from, path->parents);
  if (!source) return source.error();
  if (!*source) return false;
  const std::string prefix = pattern.substr(0, pattern.size() - path->last.size());
  const auto names = names_like(from + '/' + prefix, path->last);
  if (!names) return names.error();
  bool copied = false;
  for (const std::string& name : *names) {
    if (is_shared(prefix + name, settings)) continue;
    const auto target = make_parents(to, path->parents);
    if (!target) return target.error();
    if (exists(target->get(), name)) continue;
    auto done = base::copy_tree(source->get(), name, target->get(), name, stop);
    if (!done) return done.error();
    copied = true;
  }
  return copied;
}

Result<void> link_one(const std::string& to, const std::string& path, const std::string& target) {
  const auto parts = split(path);
  if (!parts) return parts.error();
  if (!target.starts_with('/')) return Error{"its target must be an absolute path"};
  std::error_code trouble;
  std::filesystem::create_directories(target, trouble);
  std::error_code ignored;
  if (trouble && !std::filesystem::exists(target, ignored)) {
    return Error{"cannot create " + target + ": " + trouble.message(), trouble};
  }
  const auto parent = make_parents(to, parts->parents);
  if (!parent) return parent.error();
  if (::symlinkat(target.c_str(), parent->get(), parts->last.c_str()) != 0) {
    return base::os_error("cannot make the link");
  }
  return {};
}

}  // namespace

Result<bool> carry_paths(const std::string& from, const std::string& to,
                         const DeploySettings& settings, const std::stop_token& stop) {
  bool copied = false;
  for (const std::string& pattern : settings.carry) {
    const auto carried = carry_one(from, to, pattern, settings, stop);
    if (!carried) {
      return Error{"cannot carry " + pattern + " over: " + carried.error().message,
                   carried.error().reason};
    }
    copied = copied || *carried;
  }
  return copied;
}

Result<void> link_shared(const std::string& to, const DeploySettings& settings) {
  for (const auto& [path, target] : settings.shared) {
    const auto linked = link_one(to, path, target);
    if (linked) continue;
    return Error{"cannot share " + path + ": " + linked.error().message, linked.error().reason};
  }
  return {};
}

}  // namespace ops::deploy
