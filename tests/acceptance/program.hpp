#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

/// What a program is started with, besides this process's environment.
struct Launch {
  std::vector<std::string> argv;
  std::string directory = {};  // empty: where the test runs
  std::map<std::string, std::string> environment = {};
};

/// What a program that has ended leaves behind.
struct Outcome {
  int status = -1;  // 128 + N for a death by signal N
  std::string out;
  std::string err;
};

/// Runs a program to its end.
[[nodiscard]] Outcome run(const Launch& launch);

/// A program that runs beside the test; told to end (TERM) and waited for when the test is over,
/// killed when that takes too long.
class Program {
 public:
  /// Its output goes to the file `log`.
  Program(const Launch& launch, const std::string& log);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Whether it has ended by itself.
  [[nodiscard]] bool ended() const;
  void signal(int number) const;
  /// KILL for it and for all that it has started: they end in the middle of whatever they do.
  void kill_with_all_children();
  /// Waits for its end; 128 + N for a death by signal N.
  int wait();

 private:
  pid_t pid_;
};
