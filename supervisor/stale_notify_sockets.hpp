#pragma once

#include <string>

namespace ops::supervisor {

/// The name of a notification socket in its directory, and how the directories of all are called:
/// with six more characters of mkdtemp(3)'s.
inline constexpr const char* notify_socket_name = "/notify";
inline constexpr const char* notify_directory_prefix = "server-runner-";

/// Removes from `parent` what supervisors of our own user have left there when they were killed. A
/// socket that somebody answers on stays, and so does a directory with anything else in it.
void remove_stale_notify_sockets(const std::string& parent);

}  // namespace ops::supervisor
