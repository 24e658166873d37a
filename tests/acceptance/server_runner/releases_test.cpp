#include <csignal>

#include "base/clock.hpp"
#include "catch.hpp"
#include "release/release_store.hpp"
#include "release/trial.hpp"
#include "running_program.hpp"
#include "server_runner.hpp"
#include "temporary_directory.hpp"

namespace {

using ops::release::EventKind;
using ops::release::JournalEntry;
using ops::release::ReleaseStore;
using ops::release::Standing;

/// A releases directory whose image and releases are shell scripts named `app`.
class Releases {
 public:
  // The image ends by itself once it has been reached again, unless it says otherwise.
  explicit Releases(const std::string& image_script) { script("image/app", image_script); }

  void release(const std::string& id, const std::string& app) {
    script("releases/" + id + "/app", app);
  }

  // Runs until the image is set up, so that there is something to deploy over.
  void set_up() {
    REQUIRE(ReleaseStore::set_up(directory_.file("releases"), directory_.file("image"), "", clock_)
                .ok());
  }
  void switch_to(const std::string& id) {
    ReleaseStore store = open();
    const auto lock = store.try_lock();
    REQUIRE((lock.ok() && lock->has_value()));
    REQUIRE(store.switch_to(**lock, id, {.event = EventKind::switched, .release = id}).ok());
  }

  [[nodiscard]] Words command(const Words& options) const {
    return server_runner({"--releases", directory_.file("releases"), "--image",
                          directory_.file("image"), "--backoff", "0:1:0"}) +
           options + Words{"./app"};
  }
  [[nodiscard]] std::string current() { return *open().current(); }
  [[nodiscard]] Standing standing(const std::string& id) { return open().history()->standing(id); }
  [[nodiscard]] std::string why_it_failed(const std::string& id) {
    std::string reason;
    const auto entries = open().journal().read();
    REQUIRE(entries.ok());
    for (const JournalEntry& entry : *entries) {
      if (entry.event == EventKind::failed && entry.release == id) reason = entry.reason;
    }
    return reason;
  }
  [[nodiscard]] std::string real(const std::string& name) const {
    return std::filesystem::canonical(directory_.path() / name).string();
  }

 private:
  ReleaseStore open() {
    auto store = ReleaseStore::open(directory_.file("releases"), clock_);
    REQUIRE(store.ok());
    return std::move(*store);
  }
  void script(const std::string& name, const std::string& text) {
    directory_.write(name, "#!/bin/sh\n" + text + "\n");
    std::filesystem::permissions(directory_.path() / name, std::filesystem::perms::owner_all);
  }

  TemporaryDirectory directory_;
  ops::base::SystemClock clock_;
};

}  // namespace

TEST_CASE("the image runs in its directory, knows it, and its exit status is handed on") {
  Releases releases("pwd; echo $OPS_RELEASE $OPS_RELEASES; exit 4");
  const auto ended = run(releases.command({}));
  CHECK(ended.status == 4);
  CHECK(ended.output == releases.real("image") + "\nimage " + releases.real("releases") + "\n");
  CHECK(releases.current() == "image");
}

TEST_CASE("a release that is ready has passed its trial, and what it ends with then is its own") {
  for (const Words& way : {Words{"--ready", "notify"}, Words{"--ready", "settle:0.05"}}) {
    Releases releases("exit 9");
    releases.set_up();
    releases.release("aaa", "pwd; " OPS_TELL " READY=1; read line; exit 6");
    releases.switch_to("aaa");
    RunningProgram program(releases.command(way));
    CHECK(program.wait_for_line("") == releases.real("releases/aaa"));
    program.wait_for_log("release is healthy");
    program.close_input();
    CHECK(program.wait() == 6);
    CHECK(releases.standing("aaa") == Standing::healthy);
    CHECK(releases.current() == "aaa");
  }
}

TEST_CASE("a release that is switched to while the old one runs takes over by 99") {
  Releases releases("echo old; read line; exit 99");
  releases.set_up();
  releases.release("aaa", "echo new; " OPS_TELL " READY=1; exit 0");
  RunningProgram program(releases.command({}));
  program.wait_for_line("old");
  releases.switch_to("aaa");
  program.write("go\n");
  program.wait_for_line("new");
  CHECK(program.wait() == 0);
  CHECK(releases.standing("aaa") == Standing::healthy);
}

TEST_CASE("a release that ends before it is ready is gone back from, and the old one runs") {
  const auto& [app, reason] = GENERATE(
      std::pair<std::string, std::string>{"exit 1",
                                          "it ended with exit status 1 before it was ready"},
      std::pair<std::string, std::string>{"exit 0",
                                          "it ended with exit status 0 before it was ready"},
      std::pair<std::string, std::string>{"kill -KILL $$",
                                          "it ended with signal 9 (KILL) before it was ready"},
      std::pair<std::string, std::string>{
          "exit 99", "it asked four times to be restarted before it was ready"});
  Releases releases("echo image $OPS_RELEASE; exit 5");
  releases.set_up();
  releases.release("bad", app);
  releases.switch_to("bad");
  const auto ended = run(releases.command({}));
  CHECK(ended.status == 5);
  CHECK(ended.output == "image image\n");
  CHECK(releases.current() == "image");
  CHECK(releases.standing("bad") == Standing::failed);
  CHECK(releases.why_it_failed("bad") == reason);
}

TEST_CASE(
    "what a release printed before it failed its trial is in the journal, the last 50 lines") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("aaa",
                   "for i in $(seq 60); do echo line $i; done; echo cannot open db >&2; exit 1");
  releases.switch_to("aaa");
  const auto ended = run(releases.command({}));
  CHECK(ended.status == 5);
  const std::string reason = releases.why_it_failed("aaa");
  CHECK(reason.starts_with("it ended with exit status 1 before it was ready"));
  CHECK(reason.find("\nline 12\n") != std::string::npos);
  CHECK(reason.find("\nline 11\n") == std::string::npos);
  CHECK(reason.ends_with("\ncannot open db"));
  // And all of it went where it always goes.
  CHECK(ended.output.starts_with("line 1\nline 2\n"));
  CHECK(ended.log.find("cannot open db\n") != std::string::npos);
}

TEST_CASE("a release that is not ready in time is told to end, then killed, and gone back from") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("bad", "trap '' TERM; while :; do sleep 0.01; done");
  releases.switch_to("bad");
  const auto ended = run(
      releases.command({"--ready", "notify", "--ready-timeout", "0.1", "--stop-timeout", "0.1"}));
  CHECK(ended.status == 5);
  CHECK(releases.current() == "image");
  CHECK(releases.why_it_failed("bad") == "it was not ready within 0.1 s");
}

TEST_CASE("a release without its program is gone back from") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("bad", "");
  std::filesystem::remove(releases.real("releases/bad/app"));
  releases.switch_to("bad");
  CHECK(run(releases.command({})).status == 5);
  CHECK(releases.why_it_failed("bad") == "cannot run ./app: command not found");
}

TEST_CASE("a release that has failed before is not started again") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("bad", "echo started; exit 1");
  releases.switch_to("bad");
  CHECK(run(releases.command({})).output == "started\n");
  std::filesystem::remove(releases.real("releases") + "/current");
  std::filesystem::create_symlink("bad", releases.real("releases") + "/current");
  const auto again = run(releases.command({}));
  CHECK(again.status == 5);
  CHECK(again.output.empty());
  CHECK(releases.current() == "image");
}

TEST_CASE("a stop during a trial is no failure: the next start goes on with it") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("aaa", "echo started; exec sleep 1000");
  releases.switch_to("aaa");
  RunningProgram program(releases.command({"--ready", "notify"}));
  program.wait_for_line("started");
  program.signal(SIGTERM);
  CHECK(program.wait() == 143);
  CHECK(releases.current() == "aaa");
  CHECK(releases.standing("aaa") == Standing::trial);
}

TEST_CASE("a start waits while somebody else changes the releases") {
  Releases releases("exit 5");
  releases.set_up();
  releases.release("aaa", OPS_TELL " READY=1; exit 6");
  releases.switch_to("aaa");
  ops::base::SystemClock clock;
  std::optional<RunningProgram> program;
  {
    auto store = ReleaseStore::open(releases.real("releases"), clock);
    REQUIRE(store.ok());
    const auto lock = store->try_lock();
    REQUIRE((lock.ok() && lock->has_value()));
    program.emplace(releases.command({}));
    program->wait_for_log("locked");
  }
  CHECK(program->wait() == 6);
  CHECK(releases.standing("aaa") == Standing::healthy);
}

TEST_CASE("TERM while a start waits for the lock ends at once, and starts nothing") {
  Releases releases("echo started");
  releases.set_up();
  ops::base::SystemClock clock;
  auto store = ReleaseStore::open(releases.real("releases"), clock);
  REQUIRE(store.ok());
  const auto lock = store->try_lock();
  REQUIRE((lock.ok() && lock->has_value()));
  RunningProgram program(releases.command({}));
  program.wait_for_log("locked");
  program.signal(SIGTERM);
  CHECK(program.wait() == 143);
  program.wait_for_end_of_output();
  CHECK(program.output().empty());
}

TEST_CASE("a releases directory that cannot be set up is 73") {
  const auto ended = run(server_runner({"--releases", "/dev/null/releases", "sh", "-c", "exit 0"}));
  CHECK(ended.status == 73);
  CHECK(ended.log.find("/dev/null/releases") != std::string::npos);
}
