// Switches `current` between two releases while a reader follows it, and prints what both took.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/durable_file.hpp"
#include "base/unique_fd.hpp"
#include "release/release_store.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using ops::release::ReleaseStore;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "switch_time: cannot %s\n", what.c_str());
  std::exit(1);
}

/// Prints the median and the 99th of a hundred, in microseconds.
void measure(const char* name, int count, const std::function<void(int)>& act) {
  std::vector<double> took;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    act(i);
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(took.begin(), took.end());
  std::printf("%s %.1f %.1f\n", name, took[took.size() / 2], took[took.size() * 99 / 100]);
}

/// What a server would do: it finds the release and opens a file in it.
class Reader {
 public:
  Reader(std::string releases, long reads)
      : file_(std::move(releases) + "/current/message.txt"), left_(reads) {}

  void run() {
    while (left_-- > 0) {
      const ops::base::UniqueFd file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
      char release = 0;
      const bool whole = file && ::read(file.get(), &release, 1) == 1;
      ++(whole && (release == 'a' || release == 'b') ? reads_ : misses_);
    }
    done_ = true;
  }
  [[nodiscard]] bool done() const { return done_; }
  void print() const { std::printf("reads %ld %ld\n", reads_, misses_); }

 private:
  std::string file_;
  long left_;
  long reads_ = 0;
  long misses_ = 0;
  std::atomic<bool> done_ = false;
};

std::string publish(ReleaseStore& store, const ops::release::ReleaseLock& held, char letter) {
  const auto staging = store.new_staging(held);
  if (!staging) fail("stage a release");
  const auto tree = ops::base::open_directory(store.path() + "/staging/" + *staging);
  if (!tree || !ops::base::replace_file(tree->get(), "message.txt", std::string(1, letter), 0644)) {
    fail("write a release");
  }
  const std::string id(12, letter);
  if (const auto done = store.publish(held, *staging, id, {}); !done) fail("publish a release");
  return id;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) fail("go on: switch_time EMPTY-DIRECTORY SWITCHES READS");
  const std::string place = arguments[1];
  const int switches = std::atoi(arguments[2]);
  const ops::base::SystemClock clock;
  auto store = ReleaseStore::set_up(place + "/releases", place, "", clock);
  if (!store) fail(store.error().message);
  auto lock = store->try_lock();
  if (!lock || !*lock) fail("take the lock");
  const ops::release::ReleaseLock& held = **lock;
  const std::string ids[] = {publish(*store, held, 'a'), publish(*store, held, 'b')};
  const auto switch_link = [&](int i) {
    if (!store->point_back(held, ids[i % 2])) fail("switch");
  };
  switch_link(0);

  const std::string bare = place + "/bare", made = place + "/bare.new";
  measure("bare", switches, [&](int i) {
    if (::symlink(ids[i % 2].c_str(), made.c_str()) != 0 ||
        ::rename(made.c_str(), bare.c_str()) != 0) {
      fail("rename a link");
    }
  });
  measure("with-journal", std::min(switches, 200), [&](int i) {
    ops::release::JournalEntry line;
    line.event = ops::release::EventKind::switched;
    if (!store->switch_to(held, ids[i % 2], line)) fail("switch");
  });
  Reader reader(place + "/releases", std::atol(arguments[3]));
  std::thread reading([&reader] { reader.run(); });
  measure("links", switches, switch_link);
  long more = 0;
  for (; !reader.done(); ++more) switch_link(static_cast<int>(more % 2));
  reading.join();
  std::printf("switches %ld\n", switches + more);
  reader.print();
}
