#include "loop/child_launch.hpp"

#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "loop/child_process.hpp"

// The child's functions run on a stack of their own in memory that it shares with us, and the last
// of them never return: a sanitizer's notes about their frames would stay behind in our memory.
#if defined(__clang__)
#define OPS_RUNS_IN_CHILD __attribute__((no_sanitize_address, disable_sanitizer_instrumentation))
#else
#define OPS_RUNS_IN_CHILD __attribute__((no_sanitize_address, no_sanitize_thread))
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OPS_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(OPS_THREAD_SANITIZER)
// ThreadSanitizer's own clone() takes every clone for a fork and prepares the parent for it twice,
// because the child shares its memory. The C library's is reached by its other name.
extern "C" int uninstrumented_clone(int (*run)(void*), void* stack, int flags, void* argument,
                                    ...) noexcept __asm__("__clone");
#else
#define uninstrumented_clone ::clone
#endif

namespace ops::loop {
namespace {

constexpr std::size_t stack_size = std::size_t{64} * 1024;
// Enough digits for any process id; leading zeros are what the child writes over.
constexpr std::string_view listen_pid_entry = "LISTEN_PID=";
constexpr std::size_t listen_pid_digits = 10;
// Without close_range(2) descriptors are marked one by one, so many at most.
constexpr rlim_t descriptors_marked_at_most = 65536;

// Signals as the kernel counts them: the C library hides two from its own functions.
using KernelSignalSet = std::uint64_t;
constexpr int last_signal = 64;

void change_signal_mask(KernelSignalSet blocked, KernelSignalSet* before) {
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, before, sizeof blocked);
}

// The child asks the kernel itself. Functions of the C library may be a sanitizer's, and that would
// take the child's descriptors for ours, which it closes, and its end for ours.
template <typename... Arguments>
OPS_RUNS_IN_CHILD int kernel(long number, Arguments... arguments) {
  return static_cast<int>(::syscall(number, arguments...));
}

[[noreturn]] OPS_RUNS_IN_CHILD void end_child(int status) {
  for (;;) kernel(SYS_exit_group, status);
}

// Everything the child needs, laid out beforehand: it shares our memory until the program runs, so
// it may neither allocate nor call what takes a lock.
struct Orders {
  char* const* argv;
  char* const* environment;
  const char* const* candidates;
  const char* working_directory;
  char* listen_pid;
  // What the descriptors 0, 1, 2, … become; -1 leaves one as it is.
  const int* descriptors;
  int* high_copies;
  int descriptor_count;
  int descriptor_limit;
  int parent_death_signal;
  pid_t parent;
  bool input_is_nothing;
  bool takes_terminal;
  bool searches_path;
  ChildLaunch* outcome;
};

OPS_RUNS_IN_CHILD bool fail(const Orders& orders, ChildLaunch::Step step, int error) {
  orders.outcome->step = step;
  orders.outcome->error = error;
  return false;
}

OPS_RUNS_IN_CHILD void reset_signals() {
  // A zeroed kernel_sigaction means the default on every architecture, and the system call reaches
  // the realtime signals that the C library keeps to itself.
  const char default_action[64] = {};
  for (int signal = 1; signal <= last_signal; ++signal) {
    kernel(SYS_rt_sigaction, signal, default_action, nullptr, sizeof(KernelSignalSet));
  }
}

OPS_RUNS_IN_CHILD void lead_own_group(const Orders& orders) {
  kernel(SYS_setpgid, 0, 0);
  // All signals are blocked, SIGTTOU among them: a background group may do this.
  const pid_t group = kernel(SYS_getpid);
  if (orders.takes_terminal) kernel(SYS_ioctl, 0, TIOCSPGRP, &group);
  if (orders.parent_death_signal == 0) return;
  kernel(SYS_prctl, PR_SET_PDEATHSIG, orders.parent_death_signal, 0, 0, 0);
  // The parent may have died before: then nobody is left to tell.
  if (kernel(SYS_getppid) != orders.parent) end_child(128 + orders.parent_death_signal);
}

OPS_RUNS_IN_CHILD void close_the_rest(const Orders& orders) {
  const int first = orders.descriptor_count;
#ifdef SYS_close_range
  if (kernel(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
  for (int fd = first; fd < orders.descriptor_limit; ++fd) {
    kernel(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
  }
}

OPS_RUNS_IN_CHILD bool set_up_descriptors(const Orders& orders) {
  constexpr auto step = ChildLaunch::Step::descriptors;
  // Out of the way first: one may sit where another has to go.
  for (int i = 0; i < orders.descriptor_count; ++i) {
    if (orders.descriptors[i] < 0) continue;
    orders.high_copies[i] =
        kernel(SYS_fcntl, orders.descriptors[i], F_DUPFD_CLOEXEC, orders.descriptor_count);
    if (orders.high_copies[i] < 0) return fail(orders, step, errno);
  }
  for (int i = 0; i < orders.descriptor_count; ++i) {
    if (orders.descriptors[i] < 0) continue;
    if (kernel(SYS_dup3, orders.high_copies[i], i, 0) < 0) return fail(orders, step, errno);
  }
  if (orders.input_is_nothing) {
    // Where the standard input was closed it becomes that itself, and must not go with the rest.
    const int nothing = kernel(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    if (nothing < 0) return fail(orders, step, errno);
    if (nothing != 0 && kernel(SYS_dup3, nothing, 0, 0) < 0) return fail(orders, step, errno);
  }
  close_the_rest(orders);
  return true;
}

OPS_RUNS_IN_CHILD void fill_in_listen_pid(char* entry) {
  if (entry == nullptr) return;
  char digits[listen_pid_digits];
  std::size_t count = 0;
  for (pid_t rest = kernel(SYS_getpid); rest > 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  char* to = entry + listen_pid_entry.size();
  while (count > 0) *to++ = digits[--count];
  *to = '\0';
}

OPS_RUNS_IN_CHILD bool read_at(int file, std::uint64_t at, void* to, std::size_t size) {
  return ::syscall(SYS_lseek, file, static_cast<off_t>(at), SEEK_SET) >= 0 &&
         kernel(SYS_read, file, to, size) == static_cast<int>(size);
}

OPS_RUNS_IN_CHILD bool ends_before_a_segment(int file, std::uint64_t size) {
  constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  ElfW(Ehdr) header;
  if (!read_at(file, 0, &header, sizeof header) ||
      __builtin_memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != native_class || header.e_phentsize != sizeof(ElfW(Phdr))) {
    return false;
  }
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    if (!read_at(file, header.e_phoff + i * sizeof segment, &segment, sizeof segment)) return true;
    if (segment.p_type == PT_LOAD && segment.p_filesz > 0 &&
        segment.p_offset + segment.p_filesz > size) {
      return true;
    }
  }
  return false;
}

// A program file that ends before its last segment was cut off while it was copied. The kernel
// would start it and kill it on the first page that is not there.
OPS_RUNS_IN_CHILD bool is_cut_off(const char* path) {
  // Closed by the program's start, or with the child.
  const int file = kernel(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  struct statx status;
  return kernel(SYS_statx, file, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &status) == 0 &&
         S_ISREG(status.stx_mode) && ends_before_a_segment(file, status.stx_size);
}

// Returns only when nothing was executed. What it notes before that would be taken for a failure by
// a parent whose child got further in PATH: so it notes once, at the end.
OPS_RUNS_IN_CHILD void execute(const Orders& orders) {
  bool forbidden = false;
  int error = ENOENT;
  for (const char* const* path = orders.candidates; *path != nullptr; ++path) {
    if (is_cut_off(*path)) {
      error = ENOEXEC;
      break;
    }
    kernel(SYS_execve, *path, orders.argv, orders.environment);
    error = errno;
    if (error == ENOENT && kernel(SYS_faccessat, AT_FDCWD, *path, F_OK) == 0) {
      orders.outcome->interpreter_is_missing = true;
      break;
    }
    forbidden = forbidden || error == EACCES;
    // As execvp(3) does: what is not there, or not for us, may be in the next directory of PATH.
    if (error != ENOENT && error != EACCES && error != ENOTDIR) break;
    if (forbidden) error = EACCES;
    if (error == ENOTDIR && orders.searches_path) error = ENOENT;
  }
  fail(orders, ChildLaunch::Step::program, error);
}

OPS_RUNS_IN_CHILD int run_child(void* argument) {
  const auto& orders = *static_cast<const Orders*>(argument);
  lead_own_group(orders);
  reset_signals();
  if (orders.working_directory != nullptr && kernel(SYS_chdir, orders.working_directory) != 0) {
    fail(orders, ChildLaunch::Step::working_directory, errno);
    end_child(126);
  }
  if (!set_up_descriptors(orders)) end_child(126);
  fill_in_listen_pid(orders.listen_pid);
  const KernelSignalSet none = 0;
  kernel(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  execute(orders);
  end_child(126);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool searches_path(const std::string& command) {
  return !command.empty() && command.find('/') == std::string::npos;
}

// Where execvp(3) would look, in its order.
std::vector<std::string> candidates(const ChildSpec& spec) {
  const std::string& command = spec.argv.front();
  if (!searches_path(command)) return {command};
  constexpr std::string_view name = "PATH=";
  std::string_view path = "/bin:/usr/bin";
  for (const std::string& entry : spec.environment) {
    if (entry.starts_with(name)) path = std::string_view(entry).substr(name.size());
  }
  std::vector<std::string> found;
  for (;;) {
    const auto colon = path.find(':');
    const std::string_view directory = path.substr(0, colon);
    found.push_back(directory.empty() ? command : std::string(directory) + "/" + command);
    if (colon == std::string_view::npos) return found;
    path.remove_prefix(colon + 1);
  }
}

// In the order of the numbers that they get: the standard ones, then the listeners.
std::vector<int> descriptors_of(const ChildSpec& spec) {
  std::vector<int> descriptors{-1, spec.output, spec.errors < 0 ? spec.output : spec.errors};
  descriptors.insert(descriptors.end(), spec.listeners.begin(), spec.listeners.end());
  return descriptors;
}

int highest_descriptor() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return static_cast<int>(descriptors_marked_at_most);
  return static_cast<int>(std::min(limit.rlim_cur, descriptors_marked_at_most));
}

bool in_foreground() { return ::isatty(0) == 1 && ::tcgetpgrp(0) == ::getpgrp(); }

// The memory that the child's own stack lies in, until it runs the program.
class ChildStack {
 public:
  ChildStack()
      : memory_(::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;
  ~ChildStack() {
    if (exists()) ::munmap(memory_, stack_size);
  }
  [[nodiscard]] bool exists() const { return memory_ != MAP_FAILED; }
  // Stacks grow downwards on everything that this builds for.
  [[nodiscard]] void* top() const { return static_cast<char*>(memory_) + stack_size; }

 private:
  void* memory_;
};

// The signals of the whole process stay blocked while there are two of us in one memory: a handler
// of ours that ran in the child would write into our event loop.
pid_t clone_with_signals_blocked(Orders& orders, const ChildStack& stack) {
  KernelSignalSet before = 0;
  change_signal_mask(~KernelSignalSet{0}, &before);
  const pid_t pid =
      uninstrumented_clone(run_child, stack.top(), CLONE_VM | CLONE_VFORK | SIGCHLD, &orders);
  const int error = errno;
  change_signal_mask(before, nullptr);
  errno = error;
  return pid;
}

}  // namespace

ChildLaunch launch_child(const ChildSpec& spec) {
  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> environment = spec.environment;
  char* listen_pid = nullptr;
  for (std::string& entry : environment) {
    if (entry != listen_pid_entry) continue;
    entry.append(listen_pid_digits, '0');
    listen_pid = entry.data();
  }
  std::vector<std::string> paths = candidates(spec);
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(environment);
  const std::vector<char*> path_pointers = pointers_to(paths);
  const std::vector<int> descriptors = descriptors_of(spec);
  std::vector<int> high_copies(descriptors.size());
  ChildLaunch outcome;
  Orders orders{
      .argv = argv.data(),
      .environment = envp.data(),
      .candidates = path_pointers.data(),
      .working_directory =
          spec.working_directory.empty() ? nullptr : spec.working_directory.c_str(),
      .listen_pid = listen_pid,
      .descriptors = descriptors.data(),
      .high_copies = high_copies.data(),
      .descriptor_count = static_cast<int>(descriptors.size()),
      .descriptor_limit = highest_descriptor(),
      .parent_death_signal = spec.parent_death_signal,
      .parent = ::getpid(),
      .input_is_nothing = spec.input == ChildSpec::Input::nothing,
      .takes_terminal = spec.terminal == ChildSpec::Terminal::handed_over && in_foreground(),
      .searches_path = searches_path(spec.argv.front()),
      .outcome = &outcome,
  };
  const ChildStack stack;
  const pid_t pid = stack.exists() ? clone_with_signals_blocked(orders, stack) : -1;
  if (pid < 0) {
    outcome.error = errno;
  } else if (outcome.error != 0) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  } else {
    outcome.pid = pid;
  }
  return outcome;
}

}  // namespace ops::loop
