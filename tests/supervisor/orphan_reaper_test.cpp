#include "supervisor/orphan_reaper.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

#include "catch.hpp"
#include "loop/child_process.hpp"
#include "subreaper.hpp"

using ops::loop::ChildExit;
using ops::loop::ChildProcess;
using ops::loop::ChildSpec;
using ops::loop::Loop;
using ops::supervisor::OrphanReaper;

TEST_CASE("orphans are reaped, and the app's own end stays for the one who waits for it") {
  const Subreaper subreaper;
  Loop loop;
  std::unique_ptr<ChildProcess> app;
  OrphanReaper reaper(loop, [&app](pid_t pid) { return app && app->pid() == pid; });
  int status = -1;
  // Twenty processes are left to us, all of which end before the app does.
  auto child = ChildProcess::spawn(
      loop,
      ChildSpec{.argv = {"/bin/sh", "-c",
                         "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
                         "  (: &)\n"
                         "done; exit 7"},
                .environment = {"PATH=/usr/bin:/bin"}},
      [&status](ChildExit end) { status = end.status(); });
  REQUIRE(child.ok());
  app = std::move(*child);
  loop.run();
  CHECK(status == 7);
  // Those whose end no signal told of by now.
  while (::waitid(P_ALL, 0, nullptr, WEXITED | WNOWAIT) == 0) reaper.reap();
  CHECK(errno == ECHILD);
}
