#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace ops::base {

/// A program's own log, one event a line, for people (`text`) or machines (`json`).
/// It never blocks and never fails: a line that the descriptor does not take at once (a full pipe,
/// a full disk, a closed stderr) is dropped, and the next line that goes through tells how many
/// were lost. Values are cut at 512 bytes, and a line has at most 4 KB.
class Log {
 public:
  enum class Format { text, json };
  enum class Level { debug, info, warning, error, off };

  /// A fact that belongs to the event: {"pid", "17"}. Values are escaped, so a hostile name cannot
  /// forge a line; secrets must not come here at all.
  struct Field {
    std::string_view name;
    std::string value;
  };

  /// Writes to `fd`, which stays the caller's and must outlive the log. `program` heads each line.
  Log(std::string program, Format format, Level least, int fd = 2);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();

  void debug(std::string_view event, std::initializer_list<Field> fields = {});
  void info(std::string_view event, std::initializer_list<Field> fields = {});
  void warning(std::string_view event, std::initializer_list<Field> fields = {});
  void error(std::string_view event, std::initializer_list<Field> fields = {});

 private:
  class Sink;
  void write(Level level, std::string_view event, std::initializer_list<Field> fields);

  Format format_;
  Level least_;
  struct Logger;
  std::unique_ptr<Logger> logger_;
};

}  // namespace ops::base
