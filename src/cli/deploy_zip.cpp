#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/durable_file.hpp"
#include "base/os_error.hpp"
#include "base/random.hpp"
#include "cli/command.hpp"
#include "cli/json_result.hpp"
#include "cli/units.hpp"
#include "client/package.hpp"

namespace ops::cli {
namespace {

namespace fs = std::filesystem;

struct ZipOptions {
  SettingFlags settings;
  std::string output;
  bool list = false;
  bool dry_run = false;
};

// Where `output` lies below `root`; empty where it does not.
std::string path_below(const fs::path& root, const fs::path& output) {
  std::error_code failed;
  const fs::path whole_root = fs::canonical(root, failed);
  const fs::path whole = fs::weakly_canonical(fs::absolute(output, failed), failed);
  const fs::path path = whole.lexically_relative(whole_root);
  return path.empty() || *path.begin() == ".." ? std::string() : path.generic_string();
}

Result<void> copy_bytes(int from, int to) {
  std::array<char, 65536> buffer{};
  off_t at = 0;
  for (;;) {
    const ssize_t got = ::pread(from, buffer.data(), buffer.size(), at);
    if (got < 0) return base::os_error("cannot read the zip");
    if (got == 0) return {};
    const auto bytes = static_cast<std::size_t>(got);
    if (auto put = base::write_all(to, {buffer.data(), bytes}); !put) return put;
    at += got;
  }
}

// The whole zip under its name, or nothing.
Result<void> save(const client::Package& package, const std::string& output) {
  const std::string temporary = output + ".tmp-" + base::random_hex(8);
  const base::UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return base::os_error("cannot create " + output);
  Result<void> done = copy_bytes(package.zip.get(), fd.get());
  if (done && ::rename(temporary.c_str(), output.c_str()) != 0) {
    done = base::os_error("cannot write " + output);
  }
  if (!done) ::unlink(temporary.c_str());
  return done;
}

void tell(Stage& stage, const client::Sources& sources, const client::Package& package,
          const ZipOptions& options) {
  const auto& files = sources.manifest.entries();
  const bool written = !options.output.empty() && !options.dry_run;
  if (stage.form == Form::json) {
    nlohmann::ordered_json object{{"ok", true},
                                  {"file", nullptr},
                                  {"files", files.size()},
                                  {"bytes", sources.bytes},
                                  {"zipBytes", package.zip_bytes},
                                  {"sha256", package.sha256}};
    if (written) object["file"] = options.output;
    if (options.list) {
      object["list"] = nlohmann::ordered_json::array();
      for (const auto& file : files) object["list"].push_back(file.path);
    }
    return print_json(stage, object);
  }
  if (options.list) {
    for (const auto& file : files) stage.console.result(file.path + "\n");
  }
  const std::string summary = in_files(files.size()) + ", " + in_bytes(sources.bytes) +
                              " packed into " + in_bytes(package.zip_bytes) + ", sha256 " +
                              package.sha256;
  if (written) {
    stage.console.result(options.output + ": " + summary + "\n");
  } else {
    stage.console.note("nothing is written: " + summary);
  }
}

ExitCode run(Stage& stage, const ZipOptions& options) {
  if (options.output.empty() && !options.list && !options.dry_run) {
    return usage_problem(stage, "deploy zip needs -o FILE, or --list to only show the files");
  }
  const auto settings = load_settings(options.settings, stage.surroundings);
  if (!settings) return usage_problem(stage, settings.error().message);
  if (auto fine = check_root(*settings); !fine) return usage_problem(stage, fine.error().message);
  const fs::path output = fs::path(stage.surroundings.directory) / options.output;
  const std::string replaced =
      options.output.empty() ? std::string() : path_below(settings->root, output);
  const auto sources = client::find_sources(settings->root, replaced);
  if (!sources) return fail(stage, ExitCode::other, sources.error().message);
  const auto package = client::pack(*sources);
  Result<void> done = package ? Result<void>() : Result<void>(package.error());
  if (done && !options.output.empty() && !options.dry_run) done = save(*package, output);
  if (!done) return fail(stage, ExitCode::other, done.error().message);
  tell(stage, *sources, *package, options);
  return ExitCode::done;
}

}  // namespace

Action declare_deploy_zip(CLI::App& app) {
  auto options = std::make_shared<ZipOptions>();
  app.add_option("-o,--output", options->output, "the zip to write; a file there is replaced")
      ->type_name("FILE");
  add_flag(app, "--list", options->list, "print the path of each file");
  add_flag(app, "--dry-run", options->dry_run, "write nothing");
  add_json_flag(app);
  add_setting_flags(app, options->settings);
  return [options](Stage& stage) { return run(stage, *options); };
}

}  // namespace ops::cli
