// For ThreadSanitizer alone. It learns from the C library's functions which descriptors there are,
// and libuv closes its own by syscall(2), past it (uv__close_nocancel, libuv 1.44): the next one of
// that number, on another thread, would be taken for the old one and reported as a race.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdarg>

// Without the sanitizer's notes: a child that shares our memory calls this too.
extern "C" __attribute__((disable_sanitizer_instrumentation)) long syscall(long number,
                                                                           ...) noexcept {
  using Syscall = long(long, ...);
  static Syscall* const original = reinterpret_cast<Syscall*>(::dlsym(RTLD_NEXT, "syscall"));
  std::array<long, 6> arguments;
  va_list list;
  va_start(list, number);
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_close) return ::close(static_cast<int>(arguments[0]));
  return original(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                  arguments[5]);
}
