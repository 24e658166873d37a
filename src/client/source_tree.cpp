#include "client/source_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>

#include "archive/entry_name.hpp"
#include "archive/path_tree.hpp"
#include "archive/utf8.hpp"
#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "client/ignore_rules.hpp"

namespace ops::client {
namespace {

constexpr std::string_view leave_out_hint = "; name it in .opsignore to leave it out";
constexpr std::size_t longest_rules = std::size_t{256} * 1024;  // of one ignore file

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

Error unpackable(std::string_view path, std::string_view why) {
  return {"cannot pack " + archive::printable(path) + ": " + std::string(why) +
          std::string(leave_out_hint)};
}

// The broken rule alone: there is no archive yet that the rest of the sentence could be about.
std::string_view why(const archive::Refusal& refusal) {
  const std::string subject = "\"" + refusal.entry + "\": ";
  const auto at = refusal.message.find(subject);
  const std::string_view message = refusal.message;
  return at == std::string::npos ? message : message.substr(at + subject.size());
}

std::string in_bytes(std::uint64_t limit) {
  constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
  if (limit % mebibyte != 0) return std::to_string(limit) + " bytes";
  return std::to_string(limit / mebibyte) + " MiB";
}

class Scan {
 public:
  explicit Scan(const archive::ScanLimits& limits) : limits_(limits), paths_(limits) {}

  Result<void> directory(int fd, const std::string& prefix, std::size_t depth) {
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
      const auto text = base::read_file(fd, entry.name, longest_rules);
      if (!text) return Error{text.error().message + " (in ./" + prefix + ")"};
      (git ? git_rules_ : ops_rules_).push_back({prefix.size(), IgnoreRules(*text)});
    }
    return {};
  }

  Result<void> add(int parent, const std::string& prefix, const Entry& entry, std::size_t depth) {
    const std::string path = prefix + entry.name;
    const PathKind kind = S_ISDIR(entry.mode) ? PathKind::directory : PathKind::file;
    if (is_left_out(path, kind)) return {};
    if (S_ISREG(entry.mode)) return add_file(path, entry);
    if (S_ISDIR(entry.mode)) return enter(parent, path, entry.name, depth);
    return unpackable(path,
                      S_ISLNK(entry.mode) ? "it is a symbolic link" : "it is no regular file");
  }

  [[nodiscard]] bool is_left_out(std::string_view path, PathKind kind) const {
    auto verdict = judge(ops_rules_, path, kind);
    if (!verdict) verdict = judge(git_rules_, path, kind);
    return verdict == Verdict::left_out;
  }

  Result<void> add_file(const std::string& path, const Entry& entry) {
    auto refusal = archive::judge_name(path, limits_);
    if (!refusal) refusal = paths_.add(path, archive::EntryKind::file);
    if (refusal) return unpackable(path, why(*refusal));
    tree_.bytes += entry.bytes;
    if (tree_.bytes > limits_.unpacked_bytes) return too_much(in_bytes(limits_.unpacked_bytes));
    if (tree_.files.size() == limits_.entries)
      return too_much(std::to_string(limits_.entries) + " files");
    tree_.files.push_back({path, (entry.mode & 0100) != 0 ? 0755U : 0644U, entry.bytes});
    return {};
  }

  Result<void> enter(int parent, const std::string& path, const std::string& name,
                     std::size_t depth) {
    // What lies in it would have a name that is refused, and there might be no end to it.
    if (depth > limits_.depth) {
      return unpackable(path,
                        "it lies more than " + std::to_string(limits_.depth) + " levels deep");
    }
    const base::UniqueFd fd(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return base::os_error("cannot open the directory " + path);
    return directory(fd.get(), path + "/", depth + 1);
  }

  static Error too_much(const std::string& limit) {
    return {"cannot pack it all: there are more than " + limit +
            "; leave something out by .opsignore"};
  }

  const archive::ScanLimits& limits_;
  RuleFiles git_rules_;
  RuleFiles ops_rules_;
  archive::PathTree paths_;
  SourceTree tree_;
};

}  // namespace

Result<SourceTree> scan_source_tree(int root, const archive::ScanLimits& limits) {
  Scan scan(limits);
  if (auto done = scan.directory(root, "", 1); !done) return done.error();
  return scan.take();
}

}  // namespace ops::client
