#include "loop/listener.hpp"

#include <sys/resource.h>

#include <memory>
#include <vector>

#include "loop/connected.hpp"
#include "loop/listen_address.hpp"
#include "loop/timer.hpp"

namespace ops::loop {
namespace {

base::UniqueFd listen_somewhere() {
  auto socket = ListenAddress::parse("127.0.0.1:0").value().open();
  REQUIRE(socket.ok());
  return std::move(socket).value();
}

/// The process may open no further descriptor meanwhile.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const base::UniqueFd lowest_free(::dup(0));
    rlimit none_left = before_;
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free.get());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("every waiting connection is handed out, non-blocking and closed on exec") {
  Loop loop;
  std::vector<base::UniqueFd> accepted;
  const Listener listener(loop, listen_somewhere(), [&](base::UniqueFd connection) {
    accepted.push_back(std::move(connection));
  });
  std::vector<base::UniqueFd> clients;
  clients.reserve(100);
  for (int i = 0; i < 100; ++i) clients.push_back(connect_to(listener.socket()));
  while (accepted.size() < clients.size()) loop.run_pending();
  for (const base::UniqueFd& connection : accepted) {
    CHECK((::fcntl(connection.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(connection.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("a process that is out of descriptors waits and then accepts what has waited") {
  Loop loop;
  int accepted = 0;
  int told = 0;
  const Listener listener(
      loop, listen_somewhere(),
      [&](const base::UniqueFd&) {
        ++accepted;
        loop.stop();
      },
      [&told] { ++told; });
  const base::UniqueFd client = connect_to(listener.socket());
  const auto started = std::chrono::steady_clock::now();
  {
    const NoMoreDescriptors exhausted;
    for (int i = 0; i < 10; ++i) loop.run_pending();
    CHECK(accepted == 0);
    CHECK(told == 1);
  }
  loop.run_pending();
  CHECK(accepted == 0);
  loop.run();
  CHECK(accepted == 1);
  CHECK(std::chrono::steady_clock::now() - started >= std::chrono::milliseconds(90));
}

TEST_CASE("a listener may be destroyed when it hands out a connection") {
  Loop loop;
  auto accepted = std::make_shared<int>(0);
  std::unique_ptr<Listener> listener;
  listener = std::make_unique<Listener>(loop, listen_somewhere(),
                                        [&listener, accepted](const base::UniqueFd&) {
                                          listener.reset();
                                          ++*accepted;
                                        });
  const base::UniqueFd one = connect_to(listener->socket()), two = connect_to(listener->socket());
  loop.run();
  CHECK(*accepted == 1);
}

TEST_CASE("a loop may end although a listener that should not keep it going listens") {
  Loop loop;
  bool accepted = false;
  Listener listener(loop, listen_somewhere(), [&](const base::UniqueFd&) { accepted = true; });
  listener.do_not_keep_loop_alive();
  const base::UniqueFd client = connect_to(listener.socket());
  loop.run();
  CHECK_FALSE(accepted);
  Timer something_else(loop, [] {});
  something_else.start(std::chrono::hours(1));
  while (!accepted) loop.run_pending();
}

TEST_CASE("connections wait while another process holds the socket that a listener closed") {
  Loop loop;
  base::UniqueFd socket = listen_somewhere();
  const base::UniqueFd held(::dup(socket.get()));
  {
    const Listener listener(loop, std::move(socket), [](const base::UniqueFd&) {});
  }
  const base::UniqueFd client = connect_to(held.get());
  int accepted = 0;
  const Listener next(loop, base::UniqueFd(::dup(held.get())), [&](const base::UniqueFd&) {
    ++accepted;
    loop.stop();
  });
  loop.run();
  CHECK(accepted == 1);
}

TEST_CASE("a socket that somebody else has shut down is looked at now and then, and works again") {
  Loop loop;
  int accepted = 0;
  const Listener listener(loop, listen_somewhere(), [&](const base::UniqueFd&) {
    ++accepted;
    loop.stop();
  });
  REQUIRE(::shutdown(listener.socket(), SHUT_RDWR) == 0);
  bool over = false;
  Timer timer(loop, [&over] { over = true; });
  timer.start(std::chrono::milliseconds{250});
  int rounds = 0;
  while (!over) {
    static_cast<void>(loop.run_once());
    ++rounds;
  }
  CHECK(rounds < 10);
  REQUIRE(::listen(listener.socket(), 8) == 0);
  const base::UniqueFd client = connect_to(listener.socket());
  loop.run();
  CHECK(accepted == 1);
}

}  // namespace ops::loop
