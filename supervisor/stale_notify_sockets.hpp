#pragma once

#include <string>

#include "base/unique_fd.hpp"

namespace ops::supervisor {

/// The name of a notification socket in its directory, and how the directories of all are called:
/// with six more characters of mkdtemp(3)'s.
inline constexpr const char* notify_socket_name = "/notify";
inline constexpr const char* notify_directory_prefix = "server-runner-";

/// Marks a directory as in use for as long as the descriptor is open. None where the file system
/// knows no flock(2).
[[nodiscard]] base::UniqueFd hold_notify_directory(const std::string& directory);

/// Removes from `parent` what supervisors of our own user have left there when they were killed. A
/// directory that somebody holds stays, on whatever machine he runs, as does one with anything else
/// in it.
void remove_stale_notify_sockets(const std::string& parent);

}  // namespace ops::supervisor
