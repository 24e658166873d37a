#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace ops::cli {

/// Whether a stream goes to a person's terminal, and may carry colours and a moving line.
enum class Look { plain, terminal };

/// All that the program knows about the world it runs in.
struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  Look out_look;
  Look err_look;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  const base::Clock& clock;
  std::string directory = ".";  // what relative paths start from
};

/// Where this person's programs keep what they could do without (XDG Base Directory): the part for
/// `ops`'s known sources. Empty where there is no such place.
[[nodiscard]] std::string known_sources_directory(const Surroundings& surroundings);

/// Of a stream on descriptor `fd`: NO_COLOR and TERM=dumb make every stream plain.
[[nodiscard]] Look look_of(int fd, const std::optional<std::string>& no_color,
                           const std::optional<std::string>& term);

}  // namespace ops::cli
