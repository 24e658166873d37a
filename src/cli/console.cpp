#include "cli/console.hpp"

#include <cerrno>
#include <ostream>

#include "base/os_error.hpp"

#include "cli/printable.hpp"
#include "cli/units.hpp"

namespace ops::cli {
namespace {

constexpr std::uint64_t bar_width = 30;

}  // namespace

Console::Console(const Surroundings& surroundings) : surroundings_(surroundings) {}

void Console::result(std::string_view text) {
  clear_progress();
  if (!surroundings_.out) return;
  errno = 0;
  surroundings_.out << text << std::flush;
  if (surroundings_.out || errno == EPIPE) return;
  lost_ = true;
  problem(base::os_error("cannot write the result to standard output").message);
}

void Console::note(std::string_view line, Tone tone) {
  clear_progress();
  surroundings_.err << toned(printable(line), tone) << '\n' << std::flush;
}

void Console::problem(std::string_view message) {
  clear_progress();
  while (message.ends_with('\n')) message.remove_suffix(1);
  std::string text = "ops: " + printable(message, Lines::many);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 3) {
    text.replace(at, 1, "\n  ");
  }
  surroundings_.err << toned(text, Tone::bad) << '\n' << std::flush;
}

void Console::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  if (surroundings_.err_look == Look::plain || total == 0) return;
  const std::uint64_t cells = done * bar_width / total;
  if (bar_shown_ && cells == bar_cells_) return;
  bar_shown_ = true;
  bar_cells_ = cells;
  surroundings_.err << "\r\x1b[K  " << what << " [" << std::string(cells, '=')
                    << std::string(bar_width - cells, ' ') << "] " << in_bytes(done) << " of "
                    << in_bytes(total) << std::flush;
}

void Console::clear_progress() {
  if (bar_shown_) surroundings_.err << "\r\x1b[K";
  bar_shown_ = false;
}

std::string Console::toned(std::string_view line, Tone tone) const {
  std::string text(line);
  if (surroundings_.err_look == Look::plain) return text;
  switch (tone) {
    case Tone::plain:
      return text;
    case Tone::dim:
      return "\x1b[2m" + text + "\x1b[0m";
    case Tone::good:
      return "\x1b[32m" + text + "\x1b[0m";
    case Tone::bad:
      return "\x1b[31m" + text + "\x1b[0m";
  }
  return text;
}

}  // namespace ops::cli
