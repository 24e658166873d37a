// Runs a command in surroundings in which the kernel refuses something, or asks first.
//
//   restricted RULE… -- COMMAND…
//     WHAT=NUMBER  each such call fails with this error number
//     WHAT@PATH    each such call waits until the one who listens on the unix socket PATH, and gets
//                  the descriptor of seccomp_unotify(2) there, says how it goes on; of one kind
//                  only
//
// WHAT is start (a process), exec (a program), pidfd (open one), close_range or adopt (orphans).
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int wrong_usage = 64;
constexpr int refused_by_kernel = 71;

struct Call {
  std::string_view what;
  unsigned number;
  // What its first argument must be for the rule to apply.
  bool has_argument = false;
  unsigned argument = 0;
};

// All the ways to do what is named.
const std::vector<Call> calls{
    {"start", SYS_clone},
    {"start", SYS_clone3},
#ifdef SYS_vfork
    {"start", SYS_vfork},
#endif
    {"exec", SYS_execve},
    {"exec", SYS_execveat},
    {"pidfd", SYS_pidfd_open},
    {"close_range", SYS_close_range},
    {"adopt", SYS_prctl, true, PR_SET_CHILD_SUBREAPER},
};

using Filter = std::vector<sock_filter>;

constexpr unsigned char skip_one = 1;
constexpr unsigned char skip_three = 3;

void append(Filter& filter, const Call& call, unsigned outcome) {
  constexpr unsigned short load = BPF_LD | BPF_W | BPF_ABS;
  constexpr unsigned short equals = BPF_JMP | BPF_JEQ | BPF_K;
  const unsigned short other = call.has_argument ? skip_three : skip_one;
  filter.push_back({load, 0, 0, offsetof(seccomp_data, nr)});
  filter.push_back({equals, 0, static_cast<unsigned char>(other), call.number});
  if (call.has_argument) {
    // The lower half is the first on a little-endian machine.
    filter.push_back({load, 0, 0, offsetof(seccomp_data, args)});
    filter.push_back({equals, 0, skip_one, call.argument});
  }
  filter.push_back({BPF_RET | BPF_K, 0, 0, outcome});
}

// Applies the rule to the filter; false where it is none.
bool apply(const std::string& rule, Filter& filter, std::string& asks_at) {
  const auto end = rule.find_first_of("=@");
  if (end == std::string::npos) return false;
  const bool asks = rule[end] == '@';
  const std::string rest = rule.substr(end + 1);
  const unsigned outcome =
      asks ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | static_cast<unsigned>(std::stoi(rest));
  if (asks) asks_at = rest;
  bool found = false;
  for (const Call& call : calls) {
    if (call.what != std::string_view(rule).substr(0, end)) continue;
    append(filter, call, outcome);
    found = true;
  }
  return found;
}

bool hand_over(int descriptor, const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return false;
  }
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  const bool sent = ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
  ::close(socket);
  return sent;
}

bool restrict(Filter filter, const std::string& asks_at) {
  filter.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  const unsigned long flags = asks_at.empty() ? 0 : SECCOMP_FILTER_FLAG_NEW_LISTENER;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (listener < 0) return false;
  // Closed on exec by itself.
  return asks_at.empty() || hand_over(static_cast<int>(listener), asks_at);
}

}  // namespace

int main(int argc, char** argv) {
  Filter filter;
  std::string asks_at;
  int i = 1;
  for (; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    if (!apply(argv[i], filter, asks_at)) return wrong_usage;
  }
  if (i + 1 >= argc) return wrong_usage;
  if (!restrict(std::move(filter), asks_at)) return refused_by_kernel;
  ::execv(argv[i + 1], argv + i + 1);
  return refused_by_kernel;
}
