#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "middleware/auth_key.hpp"
#include "ops/middleware/server.hpp"

namespace ops::middleware {
namespace {

Error wrong(const std::string& option, const std::string& wanted) {
  return {"cannot use " + option + ": " + wanted};
}

bool is_path_in_a_release(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (part.find('\0') != std::string_view::npos) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

/// Whether `path` is `above` or lies below it.
bool is_within(std::string_view path, std::string_view above) {
  return path == above || (path.starts_with(above) && path.substr(above.size()).starts_with('/'));
}

Result<void> check_shared(const DeployOptions& options) {
  for (auto shared = options.shared.begin(); shared != options.shared.end(); ++shared) {
    const auto& [path, target] = *shared;
    const std::string option = "the shared path \"" + path + "\"";
    if (!is_path_in_a_release(path)) {
      return wrong(option, "it must be a relative path without \".\" and \"..\"");
    }
    if (!target.starts_with('/')) {
      return wrong(option, "its target \"" + target + "\" must be an absolute path");
    }
    const auto clash =
        std::find_if(options.shared.begin(), shared, [&path = path](const auto& other) {
          return is_within(path, other.first) || is_within(other.first, path);
        });
    if (clash != shared) return wrong(option, "it and \"" + clash->first + "\" overlap");
  }
  return {};
}

Result<void> check_carry(const DeployOptions& options) {
  for (const std::string& path : options.carry) {
    const std::string option = "the carried path \"" + path + "\"";
    if (!is_path_in_a_release(path)) {
      return wrong(option, "it must be a relative path without \".\" and \"..\"");
    }
    for (const auto& [shared, target] : options.shared) {
      if (path != shared && is_within(path, shared)) {
        return wrong(option, "it lies in the shared path \"" + shared + "\"");
      }
    }
  }
  return {};
}

Result<void> check_upload_limits(const DeployOptions& options) {
  constexpr std::size_t deepest = 128;  // each level is an open directory while a tree is walked
  if (options.depth == 0 || options.depth > deepest) return wrong("depth", "it must be 1 to 128");
  const std::array limits = {
      std::pair{"received_bytes", options.received_bytes},
      std::pair{"offer_bytes", std::uint64_t{options.offer_bytes}},
      std::pair{"unpacked_bytes", options.unpacked_bytes},
      std::pair{"entries", std::uint64_t{options.entries}},
      std::pair{"ratio", options.ratio},
  };
  for (const auto& [option, limit] : limits) {
    if (limit == 0) return wrong(option, "it must be more than 0");
  }
  return {};
}

Result<void> check_deploy(const DeployOptions& options) {
  constexpr std::size_t fewest_kept = 2;
  if (options.keep < fewest_kept) return wrong("keep", "it must be at least 2");
  if (options.build_time.count() <= 0) return wrong("build_time", "it must be more than 0");
  if (auto checked = check_upload_limits(options); !checked) return checked;
  if (auto checked = check_shared(options); !checked) return checked;
  return check_carry(options);
}

Result<void> check_limits(const ServerLimits& limits) {
  const std::array sizes = {limits.request_line_bytes, limits.head_bytes, limits.header_fields,
                            limits.connections, limits.body_bytes_a_second};
  if (std::ranges::find(sizes, std::size_t{0}) != sizes.end()) {
    return wrong("the limits", "sizes and counts must be more than 0");
  }
  const std::array times = {limits.head_time, limits.body_pause, limits.keep_alive,
                            limits.write_pause, limits.linger};
  if (std::ranges::any_of(times, [](auto time) { return time.count() <= 0; })) {
    return wrong("the limits", "times must be more than 0");
  }
  return {};
}

}  // namespace

Result<void> check(const ServerOptions& options) {
  if (!is_valid_name(options.name)) {
    return wrong("the application's name \"" + options.name + "\"",
                 "it must be 1 to 64 letters, digits, '-' and '_'");
  }
  if (options.drain_time.count() < 0) return wrong("drain_time", "it must not be negative");
  if (auto checked = check_limits(options.limits); !checked) return checked;
  return check_deploy(options.deploy);
}

}  // namespace ops::middleware
