#include "supervisor/output_relay.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>

#include "relayed_output.hpp"

namespace {

/// As a sandbox does: this process has no splice(2) and no tee(2) any more.
bool give_up_splicing() {
  std::array<sock_filter, 5> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_splice, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tee, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// More than two pipes hold, to a reader that comes late.
bool copies_all() {
  Pipe pipe;
  const std::string bytes = random_bytes(300'000) + "\nlast words\n";
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  relayed.app_stderr.reset();
  std::thread app([&, to = std::move(relayed.app_stdout)] { write_all(to.get(), bytes); });
  for (int i = 0; i < 100; ++i) relayed.loop.run_pending();
  std::string arrived;
  std::thread reader([&] { arrived = read_exactly(pipe.reading.get(), bytes.size()); });
  relayed.run_to_end();
  app.join();
  reader.join();
  return arrived == bytes && relayed.output->last_lines().back() == "last words";
}

}  // namespace

using ops::base::UniqueFd;
using ops::supervisor::OutputRelay;

TEST_CASE("draining is over once what was there has been carried, though more and more comes") {
  Pipe pipe;
  Pipe tap;
  const UniqueFd target(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  ops::loop::Loop loop;
  // Whatever is seen on its way is written once more: the pipe is never empty.
  int seen = 0;
  OutputRelay relay(loop, std::move(pipe.reading), target.get(),
                    {.pipe = {std::move(tap.reading), std::move(tap.writing)},
                     .on_bytes = [&](std::string_view bytes) {
                       // Otherwise a drain without an end would be a test without one.
                       if (++seen < 1000) write_all(pipe.writing.get(), bytes);
                     }});
  REQUIRE(write_all(pipe.writing.get(), "again\n"));
  for (int i = 0; i < 10; ++i) CHECK(relay.drain(std::chrono::steady_clock::now()));
  CHECK(seen < 100);
  CHECK_FALSE(relay.ended());
}

TEST_CASE("without a tap bytes are carried all the same") {
  Pipe pipe;
  const Pipe target;
  ops::loop::Loop loop;
  OutputRelay relay(loop, std::move(pipe.reading), target.writing.get(), {});
  REQUIRE(write_all(pipe.writing.get(), "bytes"));
  pipe.writing.reset();
  CHECK(relay.drain(std::chrono::steady_clock::now()));
  CHECK(relay.ended());
  CHECK(read_exactly(target.reading.get(), 5) == "bytes");
}

TEST_CASE("where the kernel does not move bytes they are copied, all of them") {
  const pid_t sandboxed = ::fork();
  if (sandboxed == 0) ::_exit(!give_up_splicing() ? 2 : copies_all() ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(sandboxed, &status, 0) == sandboxed);
  CHECK(status == 0);
}
