#include "cli/surroundings.hpp"

#include <unistd.h>

namespace ops::cli {

Look look_of(int fd, const std::optional<std::string>& no_color,
             const std::optional<std::string>& term) {
  const bool unwanted = (no_color && !no_color->empty()) || term == "dumb";
  return !unwanted && ::isatty(fd) == 1 ? Look::terminal : Look::plain;
}

}  // namespace ops::cli
