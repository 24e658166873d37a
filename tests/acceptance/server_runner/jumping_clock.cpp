// Preloaded into a program: with each look at it the wall clock is a day later or, where CLOCK_RUNS
// is "back", earlier. What measures time by it goes wrong; the monotonic clock stays what it is.
#include <dlfcn.h>
#include <sys/time.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr time_t a_day = 86'400;

time_t jump() {
  static std::atomic<time_t> looks{0};
  const char* direction = std::getenv("CLOCK_RUNS");
  const bool back = direction != nullptr && std::strcmp(direction, "back") == 0;
  return ++looks * (back ? -a_day : a_day);
}

bool is_wall(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int real_time(clockid_t clock, timespec* time) {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return real(clock, time);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* result) noexcept {
  const int failed = real_time(clock, result);
  if (failed == 0 && is_wall(clock)) result->tv_sec += jump();
  return failed;
}

int gettimeofday(timeval* result, void* /*zone*/) noexcept {
  timespec now{};
  if (real_time(CLOCK_REALTIME, &now) != 0) return -1;
  *result = {now.tv_sec + jump(), now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  if (real_time(CLOCK_REALTIME, &now) != 0) return -1;
  const time_t jumped = now.tv_sec + jump();
  if (result != nullptr) *result = jumped;
  return jumped;
}

}  // extern "C"
