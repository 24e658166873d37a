#pragma once

/// A disk that fails, for the thread that makes it and as long as it lives: the program's own calls
/// to the C library that change files are answered with an error instead of being made. One at a
/// time.
class FailingDisk {
 public:
  /// The `nth` call that changes something fails with EIO, and no other.
  static FailingDisk at_call(int nth) { return FailingDisk(nth); }
  /// There is no room left: nothing can be created, and no file can become longer. What is there
  /// can be overwritten, renamed, linked to and removed.
  static FailingDisk full() { return FailingDisk(0); }

  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;
  ~FailingDisk();

  /// Whether a call has failed by now.
  [[nodiscard]] bool has_failed() const;

 private:
  explicit FailingDisk(int nth);
};
