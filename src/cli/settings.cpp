#include "cli/settings.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "cli/settings_file.hpp"
#include "cli/text_file.hpp"
#include "client/server_url.hpp"

namespace ops::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_settings = std::size_t{64} * 1024;
constexpr std::size_t longest_password = 4096;
constexpr std::size_t longest_name = 64;

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_plain);
}

// A link to nowhere is there, and so is what may not be looked at: settings that are meant to count
// and cannot be read are an error.
bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::symlink_status(path, failed).type() != fs::file_type::not_found;
}

// Empty where there is no file; that of --config must be there.
fs::path find_settings_file(const SettingFlags& flags, const Surroundings& surroundings) {
  const fs::path start = surroundings.directory;
  if (flags.config) return start / *flags.config;
  if (flags.root && is_there(start / *flags.root / "ops.json")) {
    return start / *flags.root / "ops.json";
  }
  return is_there(start / "ops.json") ? start / "ops.json" : fs::path();
}

// No file is one that says nothing.
Result<SettingsFile> read_settings_file(const fs::path& path) {
  if (path.empty()) return SettingsFile{};
  const std::string shown = path.lexically_normal().string();
  const auto text = read_text_file(shown, largest_settings);
  if (!text) return text.error();
  return parse_settings_file(*text, shown);
}

// An application without a name is called like the directory it lies in.
std::string name_of_directory(const fs::path& root) {
  std::error_code failed;
  fs::path whole = fs::canonical(root, failed);
  std::string name = failed ? std::string() : whole.filename().string();
  std::ranges::replace_if(
      name, [](char c) { return !is_plain(c); }, '-');
  return name.empty() ? "app" : name.substr(0, longest_name);
}

Result<ServerSettings> chosen_profile(const SettingsFile& file, const fs::path& path,
                                      const std::string& profile, const std::string& source) {
  const std::string problem = "cannot use the profile \"" + profile + "\" (" + source + "): ";
  if (path.empty()) return Error{problem + "there is no ops.json here; name one by --config"};
  const auto found = file.profiles.find(profile);
  if (found != file.profiles.end()) return found->second;
  std::string names;
  for (const auto& [name, ignored] : file.profiles) names += (names.empty() ? "" : ", ") + name;
  return Error{problem + path.lexically_normal().string() +
               (names.empty() ? " has no profiles" : " has only " + names)};
}

// From the file system's root, without "." parts, and without a slash at the end.
std::string whole(const fs::path& path) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed);
  const fs::path normal = (failed ? path : absolute).lexically_normal();
  return normal.has_filename() || normal == "/" ? normal.string() : normal.parent_path().string();
}

// Flag over profile over file over default.
std::string strongest(const std::optional<std::string>& flag,
                      const std::optional<std::string>& profile,
                      const std::optional<std::string>& file, const char* otherwise) {
  if (flag) return *flag;
  if (profile) return *profile;
  return file ? *file : otherwise;
}

Result<Settings> check(Settings settings) {
  auto url = client::parse_server_url(settings.url);
  if (!url) return url.error();
  settings.url = *std::move(url);
  const std::string rule = "it may have letters, digits, '-' and '_', at most 64";
  if (!is_plain_name(settings.name)) {
    return Error{"cannot use \"" + settings.name + "\" as the application's name: " + rule};
  }
  if (!is_plain_name(settings.user)) {
    return Error{"cannot use \"" + settings.user + "\" as the user's name: " + rule};
  }
  return settings;
}

}  // namespace

Result<Settings> load_settings(const SettingFlags& flags, const Surroundings& surroundings) {
  const fs::path path = find_settings_file(flags, surroundings);
  const auto read = read_settings_file(path);
  if (!read) return read.error();
  const SettingsFile& file = *read;
  // A root in ops.json starts from where ops.json lies.
  const fs::path here = surroundings.directory;
  const fs::path base = path.empty() ? here : path.parent_path();
  const auto root_of = [&](const ServerSettings& profile) {
    if (flags.root) return here / *flags.root;
    return base / strongest(std::nullopt, profile.root, file.server.root, ".");
  };
  const std::string name = file.name ? *file.name : name_of_directory(root_of({}));
  ServerSettings profile;
  const std::string variable = variable_name(name, "_CONFIG");
  const auto wanted = flags.profile ? flags.profile : surroundings.environment(variable);
  if (wanted && (flags.profile || !wanted->empty())) {
    auto chosen = chosen_profile(file, path, *wanted, flags.profile ? "--profile" : variable);
    if (!chosen) return chosen.error();
    profile = *std::move(chosen);
  }
  return check({.name = name,
                .url = strongest(flags.url, profile.url, file.server.url, "http://127.0.0.1:8080"),
                .root = whole(root_of(profile)),
                .user = strongest(flags.user, profile.user, file.server.user, "deploybot")});
}

std::string variable_name(const std::string& application, const std::string& suffix) {
  std::string name = application;
  for (char& c : name) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name + suffix;
}

Result<void> check_root(const Settings& settings) {
  std::error_code failed;
  const auto type = fs::status(settings.root, failed).type();
  if (type == fs::file_type::directory || type == fs::file_type::unknown) return {};
  const std::string what =
      type == fs::file_type::not_found ? "there is nothing" : "it is no directory";
  return Error{"cannot deploy " + settings.root + ": " + what +
               "; --root, or \"root\" in ops.json, names the directory to deploy"};
}

std::optional<std::string> password_source(const std::string& application,
                                           const Surroundings& surroundings) {
  const std::string variable = variable_name(application, "_DEPLOYBOT_PWD");
  for (const std::string& name : {variable, variable + "_FILE"}) {
    const auto value = surroundings.environment(name);
    if (value && !value->empty()) return name;
  }
  return std::nullopt;
}

Result<client::Secret> read_password(const std::string& application,
                                     const Surroundings& surroundings) {
  const std::string variable = variable_name(application, "_DEPLOYBOT_PWD");
  if (const auto password = surroundings.environment(variable); password && !password->empty()) {
    return client::Secret(*password);
  }
  const auto file = surroundings.environment(variable + "_FILE");
  if (!file || file->empty()) {
    return Error{"no password: set " + variable + ", or " + variable +
                 "_FILE to the name of a file that holds it"};
  }
  const fs::path path = fs::path(surroundings.directory) / *file;
  const auto text = read_text_file(path.lexically_normal().string(), longest_password);
  if (!text) return text.error();
  client::Secret password(std::string_view(*text).substr(0, text->find_first_of("\r\n")));
  if (password.view().empty())
    return Error{"no password: the first line of " + *file + " is empty"};
  return password;
}

}  // namespace ops::cli
