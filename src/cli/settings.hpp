#pragma once

#include <optional>
#include <string>

#include "cli/surroundings.hpp"
#include "client/secret.hpp"
#include "ops/result.hpp"

namespace ops::cli {

/// What flags say; the strongest of all sources.
struct SettingFlags {
  std::optional<std::string> url = {};
  std::optional<std::string> root = {};
  std::optional<std::string> user = {};
  std::optional<std::string> profile = {};
  std::optional<std::string> config = {};
};

/// Which application is meant, and where it is: valid, whatever source each part came from.
struct Settings {
  std::string name;
  std::string url;   // as parse_server_url() returns it
  std::string root;  // the directory that is deployed, from the file system's own root
  std::string user;
};

/// Flags, then the environment (<APP>_CONFIG chooses the profile), then ops.json, then defaults.
/// ops.json is --config, or lies in --root or the current directory; it need not be there.
[[nodiscard]] Result<Settings> load_settings(const SettingFlags& flags,
                                             const Surroundings& surroundings);

/// "hello" reads HELLO_DEPLOYBOT_PWD and HELLO_CONFIG: upper case, '-' becomes '_'.
[[nodiscard]] std::string variable_name(const std::string& application, const std::string& suffix);

/// That the root is a directory, which only some commands need.
[[nodiscard]] Result<void> check_root(const Settings& settings);

/// The variable that holds the password of an application, or names the file that does.
[[nodiscard]] std::optional<std::string> password_source(const std::string& application,
                                                         const Surroundings& surroundings);

/// The password of the application: <APP>_DEPLOYBOT_PWD, or the first line of the file that
/// <APP>_DEPLOYBOT_PWD_FILE names.
[[nodiscard]] Result<client::Secret> read_password(const std::string& application,
                                                   const Surroundings& surroundings);

}  // namespace ops::cli
