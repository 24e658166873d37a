#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.hpp"

/// How often that part stands in a text.
[[nodiscard]] int count(const std::string& text, const std::string& part);

/// A program that runs beside the test, with its three standard streams in the test's hands. All
/// waiting has a deadline, after which the test fails. Killed when the test is over.
class RunningProgram {
 public:
  /// `argv[0]` is looked for in PATH; `more_environment` is added to the test's own.
  explicit RunningProgram(std::vector<std::string> argv,
                          const std::vector<std::string>& more_environment = {});
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram();

  [[nodiscard]] pid_t pid() const { return pid_; }

  void write(const std::string& bytes);
  void close_input() { input_.reset(); }
  void signal(int number);
  /// Waits until it has taken notice of all signals that it got.
  void wait_until_signals_are_taken() const;
  /// Again and again, until it has ended.
  void signal_until_end(int number);

  /// Reads stdout up to a line that begins with `start`, and returns it.
  std::string wait_for_line(const std::string& start);
  /// Reads stdout to its end: until nobody can write to it any more.
  void wait_for_end_of_output();
  /// Waits for the program's end; 128 + N for a death by signal N.
  int wait();

  /// All that was read from stdout.
  [[nodiscard]] const std::string& output() const { return output_; }
  /// What it has written to stderr until now.
  [[nodiscard]] std::string log() const;
  /// Waits until `text` is in there so many times.
  void wait_for_log(const std::string& text, int times = 1);
  [[nodiscard]] int count_in_log(const std::string& text) const;
  /// Kills the app's instance, the first being 0, that its log names.
  void kill_app(int instance);

 private:
  [[nodiscard]] bool read_more();

  pid_t pid_ = -1;
  ops::base::UniqueFd input_;
  ops::base::UniqueFd output_end_;
  ops::base::UniqueFd log_file_;
  std::string output_;
  std::size_t lines_read_to_ = 0;
};

/// Runs a program to its end without input.
struct Ended {
  int status;
  std::string output;
  std::string log;
};
Ended run(std::vector<std::string> argv, const std::vector<std::string>& more_environment = {});
