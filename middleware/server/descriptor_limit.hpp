#pragma once

#include <cstddef>

namespace ops::middleware {

/// Raises the process's soft limit of descriptors, where the hard one lets it, to what so many
/// connections and the rest of the program need. Answers how many connections there may be:
/// `wanted` or fewer. The usual soft limit of 1,024 is there for programs that use select(2).
[[nodiscard]] std::size_t make_room_for_connections(std::size_t wanted);

}  // namespace ops::middleware
