#pragma once

#include <map>
#include <optional>
#include <string>

#include "ops/result.hpp"

namespace ops::cli {

/// What ops.json says, or one of its profiles.
struct ServerSettings {
  std::optional<std::string> url = {};
  std::optional<std::string> root = {};
  std::optional<std::string> user = {};
};

struct SettingsFile {
  std::optional<std::string> name;
  ServerSettings server;
  std::map<std::string, ServerSettings> profiles;
};

/// Reads the text of ops.json strictly: a key that is not known, stands twice or holds something
/// of another type is an error. Errors name `file` and the line or the key.
[[nodiscard]] Result<SettingsFile> parse_settings_file(const std::string& text,
                                                       const std::string& file);

}  // namespace ops::cli
