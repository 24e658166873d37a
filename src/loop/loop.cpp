#include "loop/loop.hpp"

#include <uv.h>

#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace ops::loop {

namespace {

// libuv writes without MSG_NOSIGNAL: a client that hangs up would end the program. A handler that
// the application has set stays.
void ignore_broken_pipes() {
  struct sigaction present {};
  if (::sigaction(SIGPIPE, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace

Loop::Loop(BrokenPipes broken_pipes) : loop_(std::make_unique<uv_loop_t>()) {
  if (broken_pipes == BrokenPipes::ignored) ignore_broken_pipes();
  // Fails only where the process may not have another epoll or event descriptor: nothing works
  // then.
  if (const int failed = ::uv_loop_init(loop_.get()); failed != 0) {
    static_cast<void>(std::fprintf(stderr, "cannot make an event loop: %s; see ulimit -n\n",
                                   ::uv_strerror(failed)));
    std::abort();
  }
}

Loop::~Loop() {
  ::uv_walk(
      loop_.get(),
      []([[maybe_unused]] uv_handle_t* handle, void*) {
        assert(::uv_is_closing(handle) != 0 && "a handle outlives its loop");
      },
      nullptr);
  // More than once where stop() was called and nobody ran the loop since.
  while (::uv_run(loop_.get(), UV_RUN_DEFAULT) != 0) {
  }
  [[maybe_unused]] const int closed = ::uv_loop_close(loop_.get());
  assert(closed == 0);
}

void Loop::run() { ::uv_run(loop_.get(), UV_RUN_DEFAULT); }

bool Loop::run_once() { return ::uv_run(loop_.get(), UV_RUN_ONCE) != 0; }

void Loop::run_pending() { ::uv_run(loop_.get(), UV_RUN_NOWAIT); }

void Loop::stop() { ::uv_stop(loop_.get()); }

std::chrono::steady_clock::time_point Loop::now() const {
  // libuv keeps CLOCK_MONOTONIC in milliseconds, the clock that steady_clock reads.
  return std::chrono::steady_clock::time_point(std::chrono::milliseconds(::uv_now(loop_.get())));
}

}  // namespace ops::loop
