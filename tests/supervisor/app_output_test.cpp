#include "supervisor/app_output.hpp"

#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <random>

#include "loop/child_process.hpp"
#include "relayed_output.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace std::chrono_literals;
using ops::base::UniqueFd;
using ops::supervisor::AppOutput;
using Lines = std::vector<std::string>;

constexpr std::size_t ten_megabytes = 10'000'000;

/// Writes, in pieces of any size, and closes.
std::thread app_that_prints(UniqueFd to, std::string_view bytes) {
  return std::thread([fd = std::move(to), bytes]() mutable {
    std::mt19937 random(1);
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::string_view piece = rest.substr(0, 1 + random() % 20'000);
      if (!write_all(fd.get(), piece)) break;
      rest.remove_prefix(piece.size());
    }
    fd.reset();
  });
}

/// What comes out at the other end of a pipe or socket while an app prints `bytes`.
std::string carried(int target, UniqueFd other_end, const std::string& bytes, bool with_lines) {
  RelayedOutput relayed(target, target);
  if (!with_lines) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  std::string arrived;
  std::thread reader([&] { arrived = read_exactly(other_end.get(), bytes.size()); });
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_to_end();
  app.join();
  reader.join();
  return arrived;
}

/// What stands in a file after that.
std::string written(const std::string& path, int flags, const std::string& bytes, bool with_lines) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600));
  RelayedOutput relayed(file.get(), file.get());
  if (!with_lines) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_to_end();
  app.join();
  ::lseek(file.get(), 0, SEEK_SET);
  return read_all(file.get());
}

std::size_t bytes_waiting(int fd) {
  int bytes = 0;
  ::ioctl(fd, FIONREAD, &bytes);
  return static_cast<std::size_t>(bytes);
}

}  // namespace

TEST_CASE("ten megabytes of any bytes get through to what reads them, exactly") {
  const std::string bytes = random_bytes(ten_megabytes);
  const bool with_lines = GENERATE(true, false);
  INFO("on trial: " << with_lines);
  SECTION("a pipe") {
    Pipe pipe;
    CHECK((carried(pipe.writing.get(), std::move(pipe.reading), bytes, with_lines) == bytes));
    CHECK((::fcntl(pipe.writing.get(), F_GETFL) & O_NONBLOCK) == 0);
  }
  SECTION("a socket") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    CHECK((carried(ours.get(), UniqueFd(ends[1]), bytes, with_lines) == bytes));
    CHECK((::fcntl(ours.get(), F_GETFL) & O_NONBLOCK) == 0);
  }
  const TemporaryDirectory directory;
  SECTION("a file") { CHECK((written(directory.file("log"), 0, bytes, with_lines) == bytes)); }
  SECTION("a file that is appended to") {
    directory.write("log", "before\n");
    CHECK((written(directory.file("log"), O_APPEND, bytes, with_lines) == "before\n" + bytes));
  }
}

TEST_CASE("nothing is lost or twice where the lines are forgotten in the middle") {
  const std::string bytes = random_bytes(ten_megabytes);
  Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  relayed.app_stderr.reset();
  std::string arrived;
  std::atomic<std::size_t> count = 0;
  std::thread reader([&] {
    while (count < bytes.size()) {
      arrived +=
          read_exactly(pipe.reading.get(), std::min<std::size_t>(1000, bytes.size() - count));
      count = arrived.size();
    }
  });
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_until([&] { return count > bytes.size() / 2; });
  relayed.output->forget_lines();
  CHECK(relayed.output->last_lines().empty());
  relayed.run_to_end();
  app.join();
  reader.join();
  CHECK((arrived == bytes));
}

TEST_CASE("while the reader hangs the app waits, the loop does not, and later all arrives") {
  const std::string bytes = random_bytes(1'000'000);
  Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  if (GENERATE(false, true)) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  UniqueFd look(::dup(relayed.app_stdout.get()));
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  // Both pipes are full: nobody takes anything from them.
  relayed.run_until(
      [&] { return bytes_waiting(pipe.reading.get()) > 0 && bytes_waiting(look.get()) > 32'000; });
  CHECK(relayed.wakeups_during(200ms) < 10);
  CHECK_FALSE(relayed.output->drain());

  std::string arrived;
  std::thread reader([&] { arrived = read_exactly(pipe.reading.get(), bytes.size()); });
  look.reset();
  relayed.run_to_end();
  app.join();
  reader.join();
  CHECK((arrived == bytes));
}

TEST_CASE("a pipe that others fill as well never makes the loop wait") {
  Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  if (GENERATE(false, true)) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  // Three in a race for the room in the pipe; then nobody reads any more.
  constexpr int pages = 3000;
  constexpr std::size_t page = 4096;
  std::atomic<bool> stopped = false;
  const auto fill = [&stopped](int fd, char what) {
    const std::string bytes(page, what);
    while (!stopped && write_all(fd, bytes)) {
    }
  };
  std::thread other([&] { fill(pipe.writing.get(), 'o'); });
  std::thread app([&] {
    fill(relayed.app_stdout.get(), 'a');
    relayed.app_stdout.reset();
  });
  std::atomic<int> taken = 0;
  std::thread reader([&] {
    for (; taken < pages; ++taken) read_exactly(pipe.reading.get(), page);
  });
  relayed.run_until([&] { return taken == pages; });
  CHECK(relayed.wakeups_during(100ms) < 100);

  stopped = true;
  reader.join();
  std::thread rest([&] { read_all(pipe.reading.get()); });
  relayed.run_to_end();
  other.join();
  app.join();
  pipe.writing.reset();
  relayed.output.reset();
  rest.join();
}

TEST_CASE("every line is kept once, whatever reads the output") {
  const TemporaryDirectory directory;
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd socket(ends[0]);
  const UniqueFd other_end(ends[1]);
  const Pipe pipe;
  const UniqueFd file(::open(directory.file("log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const UniqueFd appended(::open(directory.file("log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  for (const int target : {socket.get(), pipe.writing.get(), file.get(), appended.get()}) {
    RelayedOutput relayed(target, target);
    Lines lines;
    for (int i = 0; i < 40; ++i) {
      lines.push_back("line " + std::to_string(i));
      REQUIRE(write_all(relayed.app_stdout.get(), lines.back() + "\n"));
      if (i % 7 == 0) relayed.loop.run_pending();
      if (i % 11 == 0) CHECK(relayed.output->drain());
    }
    CHECK(relayed.output->drain());
    CHECK(relayed.output->last_lines() == lines);
  }
}

TEST_CASE("one reader that hangs does not hold up the other stream") {
  const Pipe hung;
  const Pipe read;
  REQUIRE(hung.fill() > 0);
  RelayedOutput relayed(hung.writing.get(), read.writing.get());
  REQUIRE(write_all(relayed.app_stdout.get(), "nobody reads this\n"));
  REQUIRE(write_all(relayed.app_stderr.get(), "somebody reads this\n"));
  relayed.run_until([&] { return bytes_waiting(read.reading.get()) == 20; });
  CHECK_FALSE(relayed.output->drain());
  CHECK(relayed.output->last_lines() == Lines{"nobody reads this", "somebody reads this"});
}

TEST_CASE("where the reader has gone the app prints on, and its lines are kept") {
  Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  const bool with_lines = GENERATE(true, false);
  if (!with_lines) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  pipe.reading.reset();
  const std::string bytes = std::string(1'000'000, 'x') + "\nlast words\n";
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_to_end();
  app.join();
  const Lines kept{std::string(512, 'x'), "last words"};
  CHECK(relayed.output->last_lines() == (with_lines ? kept : Lines{}));
}

TEST_CASE("an app that waits for a reader goes on when the reader goes") {
  Pipe pipe;
  pipe.fill();
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  if (GENERATE(false, true)) relayed.output->forget_lines();
  relayed.app_stderr.reset();
  const std::string bytes(1'000'000, 'x');
  UniqueFd look(::dup(relayed.app_stdout.get()));
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_until([&] { return bytes_waiting(look.get()) > 32'000; });
  look.reset();
  pipe.reading.reset();
  relayed.run_to_end();
  app.join();
}

TEST_CASE("a reader that comes back gets what is printed from then on") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  UniqueFd reading(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const UniqueFd writing(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  RelayedOutput relayed(writing.get(), writing.get());
  reading.reset();
  REQUIRE(write_all(relayed.app_stdout.get(), "to nobody\n"));
  relayed.run_until([&] { return bytes_waiting(relayed.app_stdout.get()) == 0; });
  reading.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(write_all(relayed.app_stdout.get(), "to somebody\n"));
  relayed.run_until([&] { return bytes_waiting(reading.get()) > 0; });
  CHECK(read_exactly(reading.get(), 12) == "to somebody\n");
}

TEST_CASE("what a full disk refuses does not stop the app") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  RelayedOutput relayed(full.get(), full.get());
  relayed.app_stderr.reset();
  const std::string bytes = std::string(1'000'000, 'x') + "\nlast words\n";
  std::thread app = app_that_prints(std::move(relayed.app_stdout), bytes);
  relayed.run_to_end();
  app.join();
  CHECK(relayed.output->last_lines().back() == "last words");
}

TEST_CASE("an output that is closed takes nothing and does no harm") {
  // So high that nothing opened later gets the number.
  const int closed = ::fcntl(Pipe().writing.get(), F_DUPFD_CLOEXEC, 900);
  ::close(closed);
  RelayedOutput relayed(closed, closed);
  REQUIRE(write_all(relayed.app_stdout.get(), "said\n"));
  relayed.app_stdout.reset();
  relayed.app_stderr.reset();
  relayed.run_to_end();
  CHECK(relayed.output->last_lines() == Lines{"said"});
}

TEST_CASE("the last words are there as soon as they are asked for, and passed on") {
  const Pipe out;
  const Pipe err;
  RelayedOutput relayed(out.writing.get(), err.writing.get());
  REQUIRE(write_all(relayed.app_stdout.get(), "starting\n"));
  REQUIRE(write_all(relayed.app_stderr.get(), "terminate called\nAborted"));
  relayed.app_stdout.reset();
  relayed.app_stderr.reset();
  CHECK(relayed.output->drain());
  CHECK(relayed.output->ended());
  CHECK(relayed.output->last_lines() == Lines{"starting", "terminate called", "Aborted"});
  CHECK(read_exactly(out.reading.get(), 9) == "starting\n");
  CHECK(read_exactly(err.reading.get(), 24) == "terminate called\nAborted");
}

TEST_CASE("a reader that hangs does not keep the last words from us, nor for ever from itself") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd socket(ends[0]);
  const UniqueFd other_end(ends[1]);
  const Pipe pipe;
  const bool to_pipe = GENERATE(true, false);
  const int target = to_pipe ? pipe.writing.get() : socket.get();
  std::size_t before = 0;
  if (to_pipe) before = pipe.fill();
  const std::string page(4096, '.');
  for (ssize_t n = 1; !to_pipe && n > 0; before += n > 0 ? static_cast<std::size_t>(n) : 0) {
    n = ::send(target, page.data(), page.size(), MSG_DONTWAIT);
  }
  RelayedOutput relayed(target, target);
  relayed.app_stderr.reset();
  const std::string words = std::string(50'000, 'x') + "\nlast words\n";
  REQUIRE(write_all(relayed.app_stdout.get(), words));
  relayed.app_stdout.reset();
  CHECK_FALSE(relayed.output->drain());
  CHECK(relayed.output->last_lines().back() == "last words");
  CHECK_FALSE(relayed.output->ended());

  std::string arrived;
  std::thread reader([&] {
    const int fd = to_pipe ? pipe.reading.get() : other_end.get();
    arrived = read_exactly(fd, before + words.size());
  });
  SECTION("it reads in time") { CHECK(relayed.output->drain(60s)); }
  SECTION("it reads later") { relayed.run_to_end(); }
  reader.join();
  CHECK(arrived.substr(before) == words);
  CHECK(relayed.output->last_lines().size() == 2);
}

TEST_CASE("waiting for a reader that hangs has an end") {
  const Pipe pipe;
  pipe.fill();
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  REQUIRE(write_all(relayed.app_stdout.get(), "never read\n"));
  const auto before = std::chrono::steady_clock::now();
  CHECK_FALSE(relayed.output->drain(50ms));
  CHECK(std::chrono::steady_clock::now() - before >= 50ms);
}

TEST_CASE("what a process prints that the app left behind is passed on for as long as it lives") {
  const Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  REQUIRE(write_all(relayed.app_stdout.get(), "app\n"));
  relayed.app_stdout.reset();
  CHECK(relayed.output->drain());
  CHECK_FALSE(relayed.output->ended());
  relayed.output->forget_lines();
  REQUIRE(write_all(relayed.app_stderr.get(), "left behind\n"));
  relayed.app_stderr.reset();
  relayed.run_to_end();
  CHECK(read_exactly(pipe.reading.get(), 16) == "app\nleft behind\n");
}

TEST_CASE("where stdout and stderr are one, the order between them is kept") {
  const Pipe pipe;
  const UniqueFd as_well(::dup(pipe.writing.get()));
  RelayedOutput relayed(pipe.writing.get(), as_well.get());
  std::string expected;
  Lines lines;
  for (int i = 0; i < 40; ++i) {
    lines.push_back((i % 3 == 0 ? "error " : "output ") + std::to_string(i));
    REQUIRE(write_all((i % 3 == 0 ? relayed.app_stderr : relayed.app_stdout).get(),
                      lines.back() + "\n"));
    expected += lines.back() + "\n";
  }
  CHECK(relayed.output->drain());
  CHECK(read_exactly(pipe.reading.get(), expected.size()) == expected);
  CHECK(relayed.output->last_lines() == lines);
}

TEST_CASE("two positions in one file stay two") {
  const TemporaryDirectory directory;
  directory.write("log", "");
  const UniqueFd out(::open(directory.file("log").c_str(), O_WRONLY | O_CLOEXEC));
  const UniqueFd err(::open(directory.file("log").c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(::lseek(err.get(), 10, SEEK_SET) == 10);
  RelayedOutput relayed(out.get(), err.get());
  REQUIRE(write_all(relayed.app_stdout.get(), "0123456789"));
  REQUIRE(write_all(relayed.app_stderr.get(), "abc"));
  CHECK(relayed.output->drain());
  CHECK(directory.read("log") == "0123456789abc");
}

TEST_CASE("a terminal stays the app's own, and the other stream is relayed") {
  int leader = -1;
  int terminal = -1;
  REQUIRE(::openpty(&leader, &terminal, nullptr, nullptr, nullptr) == 0);
  const UniqueFd closes_leader(leader);
  const UniqueFd closes_terminal(terminal);
  const Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), terminal);
  CHECK(relayed.output->stderr_for_child() == terminal);
  REQUIRE(write_all(relayed.app_stdout.get(), "to the pipe\n"));
  relayed.app_stdout.reset();
  CHECK(relayed.output->drain());
  CHECK(relayed.output->ended());
  CHECK(relayed.output->last_lines() == Lines{"to the pipe"});
}

TEST_CASE("the output of a real program, what it ends with included, gets through") {
  const Pipe out;
  const Pipe err;
  ops::loop::Loop loop;
  auto output = AppOutput::open(loop, out.writing.get(), err.writing.get());
  REQUIRE(output.ok());
  ops::loop::ChildSpec spec{
      .argv = {"/bin/sh", "-c",
               "echo starting; echo 'no port' >&2; printf 'giving up' >&2; exit 3"},
      .environment = {},
      .output = (*output)->stdout_for_child(),
      .errors = (*output)->stderr_for_child()};
  std::optional<int> status;
  auto child = ops::loop::ChildProcess::spawn(
      loop, spec, [&](ops::loop::ChildExit end) { status = end.status(); });
  REQUIRE(child.ok());
  (*output)->child_started();
  // The relay alone does not keep a loop going; the child does.
  loop.run();
  CHECK(status == 3);
  CHECK((*output)->drain());
  CHECK((*output)->ended());
  CHECK((*output)->last_lines().size() == 3);
  CHECK((*output)->last_lines().back() == "giving up");
  CHECK(read_exactly(out.reading.get(), 9) == "starting\n");
  CHECK(read_exactly(err.reading.get(), 17) == "no port\ngiving up");
}

TEST_CASE("while nothing is printed nothing is done") {
  const Pipe pipe;
  RelayedOutput relayed(pipe.writing.get(), pipe.writing.get());
  CHECK(relayed.wakeups_during(100ms) == 0);
  relayed.output->forget_lines();
  CHECK(relayed.wakeups_during(100ms) == 0);
  // Nor after it was waited for room.
  const std::size_t size = pipe.fill();
  REQUIRE(write_all(relayed.app_stdout.get(), "late"));
  CHECK(relayed.wakeups_during(100ms) <= 1);
  read_exactly(pipe.reading.get(), size);
  relayed.run_until([&] { return bytes_waiting(pipe.reading.get()) == 4; });
  CHECK(relayed.wakeups_during(100ms) == 0);
}

TEST_CASE("an output whose app was never started ends quietly") {
  const Pipe pipe;
  ops::loop::Loop loop;
  const auto output = AppOutput::open(loop, pipe.writing.get(), pipe.writing.get());
  REQUIRE(output.ok());
  loop.run_pending();
  CHECK_FALSE((*output)->ended());
}
