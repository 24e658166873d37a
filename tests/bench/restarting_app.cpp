// restarting_app FILE TIMES: writes into FILE when it began and when it ended, as two 64-bit
// numbers of nanoseconds (CLOCK_MONOTONIC), and exits with 99; once FILE holds so many runs, with
// 0.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

std::uint64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  constexpr std::uint64_t nanoseconds = 1'000'000'000;
  return static_cast<std::uint64_t>(time.tv_sec) * nanoseconds +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  std::array<std::uint64_t, 2> run{now(), 0};
  if (argc != 3) return 2;
  const int file = ::open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0) return 2;
  const auto runs_before = static_cast<std::uint64_t>(status.st_size) / sizeof run;
  const int code = runs_before + 1 < std::strtoull(argv[2], nullptr, 10) ? 99 : 0;
  run[1] = now();
  if (::write(file, run.data(), sizeof run) != static_cast<ssize_t>(sizeof run)) return 2;
  ::_exit(code);
}
