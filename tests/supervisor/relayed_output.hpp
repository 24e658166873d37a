#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/loop.hpp"
#include "loop/timer.hpp"
#include "supervisor/app_output.hpp"

/// An AppOutput whose app is the test.
struct RelayedOutput {
  ops::loop::Loop loop;
  std::unique_ptr<ops::supervisor::AppOutput> output;
  ops::base::UniqueFd app_stdout;
  ops::base::UniqueFd app_stderr;

  RelayedOutput(int out, int err) {
    auto opened = ops::supervisor::AppOutput::open(loop, out, err);
    REQUIRE(opened.ok());
    output = std::move(*opened);
    app_stdout.reset(::dup(output->stdout_for_child()));
    app_stderr.reset(::dup(output->stderr_for_child()));
    output->child_started();
  }

  /// Serves the loop until something is so; fails where it never is.
  void run_until(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    // What is awaited may come from another thread, unseen by the loop.
    ops::loop::Timer look(loop, [] {});
    look.start_repeating(std::chrono::milliseconds(2));
    while (!is_so()) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
      loop.run_once();
    }
  }
  void run_to_end() {
    run_until([this] { return output->ended(); });
  }
  /// Serves the loop for so long, and tells how often something woke it up.
  int wakeups_during(std::chrono::milliseconds time) {
    bool over = false;
    ops::loop::Timer end(loop, [&over] { over = true; });
    end.start(time);
    loop.run_pending();
    int wakeups = 0;
    while (!over) {
      loop.run_once();
      ++wakeups;
    }
    return wakeups - 1;  // the last one is the end of it
  }
};

struct Pipe {
  ops::base::UniqueFd reading;
  ops::base::UniqueFd writing;

  Pipe() {
    std::array<int, 2> ends{};
    [[maybe_unused]] const int made = ::pipe2(ends.data(), O_CLOEXEC);
    assert(made == 0);
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  /// Fills it up, and tells with how much.
  std::size_t fill() const {
    ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
    const std::string page(4096, '.');
    std::size_t size = 0;
    while (::write(writing.get(), page.data(), page.size()) > 0) size += page.size();
    ::fcntl(writing.get(), F_SETFL, 0);
    return size;
  }
};

inline bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

/// Until the end of it.
inline std::string read_all(int fd) {
  std::string text;
  std::array<char, 65536> part{};
  for (ssize_t n = 0; (n = ::read(fd, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  return text;
}

/// So many bytes; fewer only at the end of it.
inline std::string read_exactly(int fd, std::size_t size) {
  std::string text(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::read(fd, text.data() + have, size - have);
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  text.resize(have);
  return text;
}

inline std::string random_bytes(std::size_t size) {
  std::mt19937 random(20260);
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&random] { return static_cast<char>(random()); });
  return bytes;
}
