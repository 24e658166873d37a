#include "client/source_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "client/ignore_rules.hpp"

namespace ops::client {
namespace {

constexpr std::string_view leave_out_hint = "; name it in .opsignore to leave it out";

struct Entry {
  std::string name;
  mode_t mode;
  std::uint64_t bytes;
};

// The rules that one directory holds.
struct RuleFile {
  std::size_t prefix;  // how many bytes of a path lead to that directory
  IgnoreRules rules;
};
using RuleFiles = std::vector<RuleFile>;

std::optional<Verdict> judge(const RuleFiles& files, std::string_view path, PathKind kind) {
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (auto verdict = file->rules.judge(path.substr(file->prefix), kind)) return verdict;
  }
  return std::nullopt;
}

Result<std::vector<Entry>> entries_of(int directory, const std::string& path) {
  const auto close = [](DIR* stream) { ::closedir(stream); };
  base::UniqueFd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(own.get()), close);
  if (!stream) return base::os_error("cannot read the directory " + path);
  static_cast<void>(own.release());
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || name == ".git") continue;
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return base::os_error("cannot look at " + path + "/" + name);
    }
    entries.push_back({name, status.st_mode, static_cast<std::uint64_t>(status.st_size)});
  }
  if (errno != 0) return base::os_error("cannot read the directory " + path);
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

// A path as a message may show it.
std::string shown(std::string_view path) {
  std::string text;
  for (const char c : path) text += c >= ' ' && c != 0x7f ? c : '?';
  return text;
}

bool is_plain_name(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= ' ' && c != 0x7f && c != '\\';
  });
}

class Scan {
 public:
  explicit Scan(const TreeLimits& limits) : limits_(limits) {}

  Result<void> directory(int fd, const std::string& prefix, std::size_t depth) {
    if (depth > limits_.depth)
      return too_much(prefix, "directories inside each other", limits_.depth);
    const auto entries = entries_of(fd, prefix.empty() ? "." : prefix);
    if (!entries) return entries.error();
    const std::size_t git_files = git_rules_.size();
    const std::size_t ops_files = ops_rules_.size();
    Result<void> done = read_rules(fd, prefix, *entries);
    for (const Entry& entry : *entries) {
      if (done) done = add(fd, prefix, entry, depth);
    }
    git_rules_.erase(git_rules_.begin() + static_cast<std::ptrdiff_t>(git_files), git_rules_.end());
    ops_rules_.erase(ops_rules_.begin() + static_cast<std::ptrdiff_t>(ops_files), ops_rules_.end());
    return done;
  }

  SourceTree take() {
    std::ranges::sort(tree_.files, {}, &TreeFile::path);
    return std::move(tree_);
  }

 private:
  Result<void> read_rules(int fd, const std::string& prefix, const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      const bool git = entry.name == ".gitignore";
      if ((!git && entry.name != ".opsignore") || !S_ISREG(entry.mode)) continue;
      const auto text = base::read_file(fd, entry.name, limits_.rules_bytes);
      if (!text) return Error{text.error().message + " (in ./" + prefix + ")"};
      (git ? git_rules_ : ops_rules_).push_back({prefix.size(), IgnoreRules(*text)});
    }
    return {};
  }

  Result<void> add(int parent, const std::string& prefix, const Entry& entry, std::size_t depth) {
    const std::string path = prefix + entry.name;
    const PathKind kind = S_ISDIR(entry.mode) ? PathKind::directory : PathKind::file;
    if (is_left_out(path, kind)) return {};
    if (auto fine = check_name(path, entry.name); !fine) return fine;
    if (S_ISREG(entry.mode)) return add_file(path, entry);
    if (S_ISDIR(entry.mode)) return enter(parent, path, entry.name, depth);
    const char* const what =
        S_ISLNK(entry.mode) ? "it is a symbolic link" : "it is no regular file";
    return Error{"cannot pack " + path + ": " + what + std::string(leave_out_hint)};
  }

  [[nodiscard]] bool is_left_out(std::string_view path, PathKind kind) const {
    auto verdict = judge(ops_rules_, path, kind);
    if (!verdict) verdict = judge(git_rules_, path, kind);
    return verdict == Verdict::left_out;
  }

  [[nodiscard]] Result<void> check_name(const std::string& path, const std::string& name) const {
    if (path.size() > limits_.path_bytes)
      return too_much(path, "bytes of a path", limits_.path_bytes);
    if (is_plain_name(name)) return {};
    return Error{"cannot pack " + shown(path) + ": a backslash or control byte is in its name" +
                 std::string(leave_out_hint)};
  }

  Result<void> add_file(const std::string& path, const Entry& entry) {
    tree_.bytes += entry.bytes;
    if (tree_.bytes > limits_.bytes) return too_much(path, "bytes", limits_.bytes);
    if (tree_.files.size() == limits_.files) return too_much(path, "files", limits_.files);
    tree_.files.push_back({path, (entry.mode & 0100) != 0 ? 0755U : 0644U, entry.bytes});
    return {};
  }

  Result<void> enter(int parent, const std::string& path, const std::string& name,
                     std::size_t depth) {
    const base::UniqueFd fd(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return base::os_error("cannot open the directory " + path);
    return directory(fd.get(), path + "/", depth + 1);
  }

  static Error too_much(const std::string& path, const std::string& what, std::uint64_t limit) {
    return {"cannot pack " + shown(path) + ": more than " + std::to_string(limit) + " " + what +
            "; leave something out by .opsignore"};
  }

  const TreeLimits& limits_;
  RuleFiles git_rules_;
  RuleFiles ops_rules_;
  SourceTree tree_;
};

}  // namespace

Result<SourceTree> scan_source_tree(int root, const TreeLimits& limits) {
  Scan scan(limits);
  if (auto done = scan.directory(root, "", 1); !done) return done.error();
  return scan.take();
}

}  // namespace ops::client
