#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

/// Before a program that is started through it does what it is made for (`exec`, `start`), the
/// kernel asks the test. All waiting has a deadline, after which the test fails.
class SystemCallGate {
 public:
  explicit SystemCallGate(std::string what);

  /// The words to put in front of the program's.
  [[nodiscard]] Words words() const;

  /// Waits until somebody stands at the gate.
  void wait();
  /// Lets the one who stands there go on.
  void let_go_on();
  /// Has what he wants fail with this error.
  void refuse(int error);

 private:
  void answer(int error, std::uint32_t flags);

  TemporaryDirectory directory_;
  std::string what_;
  ops::base::UniqueFd socket_;
  ops::base::UniqueFd gate_;
  std::uint64_t at_the_gate_ = 0;
};
