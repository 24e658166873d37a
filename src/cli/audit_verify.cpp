#include <fcntl.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/os_error.hpp"
#include "base/unique_fd.hpp"
#include "cli/command.hpp"
#include "cli/json_result.hpp"
#include "cli/printable.hpp"
#include "release/journal_chain.hpp"

namespace ops::cli {
namespace {

using release::JournalChain;

struct AuditOptions {
  std::string file = "releases/releases.log";
};

struct AuditedFile {
  std::string path;
  JournalChain chain;
};

Result<base::UniqueFd> open_journal(const std::string& path) {
  base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return base::os_error("cannot open " + printable(path));
  return file;
}

Result<AuditedFile> audit(const std::string& path) {
  const auto file = open_journal(path);
  if (!file) return file.error();
  auto chain = release::read_chain(file->get());
  if (!chain) return Error{printable(path) + ": " + chain.error().message};
  if (chain->lines == 0) return Error{printable(path) + " has no line: all of them were removed"};
  return AuditedFile{path, std::move(chain).value()};
}

// The journal, and before it the older lines where they were put aside.
Result<std::vector<AuditedFile>> audit_all(const std::string& path) {
  auto journal = audit(path);
  if (!journal) return journal.error();
  if (journal->chain.continues.empty()) return std::vector{*std::move(journal)};
  auto older = audit(path + ".1");
  if (!older) {
    return Error{printable(path) + " continues an older journal: " + older.error().message};
  }
  if (older->chain.last != journal->chain.continues) {
    return Error{printable(older->path) + ": its last line is not the one that " + printable(path) +
                 " continues, so it was changed, or lines at its end are missing"};
  }
  return std::vector{*std::move(older), *std::move(journal)};
}

nlohmann::ordered_json as_json(const std::vector<AuditedFile>& files) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AuditedFile& file : files) {
    list.push_back(
        {{"file", file.path}, {"lines", file.chain.lines}, {"lastHash", file.chain.last}});
  }
  return {{"ok", true}, {"files", std::move(list)}};
}

std::string as_text(const std::vector<AuditedFile>& files) {
  std::string text;
  for (const AuditedFile& file : files) {
    text += printable(file.path) + ": " + std::to_string(file.chain.lines) +
            " lines, each carries the hash of the line before\n";
  }
  // What an audit elsewhere can compare with.
  return text + "last line: " + files.back().chain.last + "\n";
}

ExitCode run(Stage& stage, const AuditOptions& options) {
  const auto path = std::filesystem::path(stage.surroundings.directory) / options.file;
  auto files = audit_all(path.lexically_normal());
  // A server may have put its journal aside between our looks at the two files.
  if (!files) files = audit_all(path.lexically_normal());
  if (!files) return fail(stage, ExitCode::other, files.error().message);
  if (stage.form == Form::json) {
    print_json(stage, as_json(*files));
  } else {
    stage.console.result(as_text(*files));
  }
  return ExitCode::done;
}

}  // namespace

Action declare_audit_verify(CLI::App& app) {
  auto options = std::make_shared<AuditOptions>();
  app.add_option("FILE", options->file, "the journal (default: releases/releases.log)")
      ->group(arguments_group);
  add_json_flag(app);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
