#include "cli/text_file.hpp"

#include <cerrno>
#include <fstream>

#include "base/os_error.hpp"

namespace ops::cli {

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::os_error("cannot open " + path);
  std::string text(limit + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return base::os_error("cannot read " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > limit) {
    return Error{"cannot read " + path + ": it is larger than " + std::to_string(limit) + " bytes"};
  }
  return text;
}

}  // namespace ops::cli
