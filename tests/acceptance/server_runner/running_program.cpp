#include "running_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <utility>

#include "catch.hpp"

namespace {

using ops::base::UniqueFd;

constexpr int deadline_ms = 30'000;

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool is_readable_in_time(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, deadline_ms) == 1;
}

}  // namespace

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

RunningProgram::RunningProgram(std::vector<std::string> argv,
                               const std::vector<std::string>& more_environment)
    : log_file_(::memfd_create("log", MFD_CLOEXEC)) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  environment.insert(environment.end(), more_environment.begin(), more_environment.end());
  auto [input_read, input_write] = make_pipe();
  auto [output_read, output_write] = make_pipe();
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  ::posix_spawn_file_actions_adddup2(&streams, input_read.get(), 0);
  ::posix_spawn_file_actions_adddup2(&streams, output_write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&streams, log_file_.get(), 2);
  const int started = ::posix_spawnp(&pid_, argv.front().c_str(), &streams, nullptr,
                                     pointers_to(argv).data(), pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&streams);
  REQUIRE(started == 0);
  input_ = std::move(input_write);
  output_end_ = std::move(output_read);
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RunningProgram::write(const std::string& bytes) {
  REQUIRE(::write(input_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

void RunningProgram::signal(int number) {
  REQUIRE(pid_ > 0);
  REQUIRE(::kill(pid_, number) == 0);
}

void RunningProgram::wait_until_signals_are_taken() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  for (std::string line; std::chrono::steady_clock::now() < deadline;) {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    while (std::getline(status, line) && !line.starts_with("ShdPnd:")) {
    }
    if (line == "ShdPnd:\t0000000000000000") return;
  }
  FAIL("a signal was not taken in time; the log is\n" << log());
}

void RunningProgram::signal_until_end(int number) {
  REQUIRE(pid_ > 0);
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{end.get(), POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  while (::poll(&ended, 1, 0) == 0 && std::chrono::steady_clock::now() < deadline) signal(number);
}

bool RunningProgram::read_more() {
  if (!is_readable_in_time(output_end_.get())) FAIL("nothing came in time; the log is\n" << log());
  std::array<char, 4096> part{};
  const ssize_t size = ::read(output_end_.get(), part.data(), part.size());
  if (size > 0) output_.append(part.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string RunningProgram::wait_for_line(const std::string& start) {
  for (;;) {
    for (auto end = output_.find('\n', lines_read_to_); end != std::string::npos;
         end = output_.find('\n', lines_read_to_)) {
      std::string line = output_.substr(lines_read_to_, end - lines_read_to_);
      lines_read_to_ = end + 1;
      if (line.starts_with(start)) return line;
    }
    if (!read_more()) FAIL("no line \"" << start << "\" came; the log is\n" << log());
  }
}

void RunningProgram::wait_for_end_of_output() {
  while (read_more()) {
  }
}

int RunningProgram::wait() {
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!is_readable_in_time(end.get())) FAIL("it did not end in time; the log is\n" << log());
  int status = 0;
  REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string RunningProgram::log() const {
  std::string text(static_cast<std::size_t>(::lseek(log_file_.get(), 0, SEEK_END)), '\0');
  const ssize_t size = ::pread(log_file_.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

int RunningProgram::count_in_log(const std::string& text) const { return count(log(), text); }

void RunningProgram::wait_for_log(const std::string& text, int times) {
  // A file tells nobody that it grows: it is looked at again and again.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  while (count_in_log(text) < times) {
    if (std::chrono::steady_clock::now() > deadline) {
      FAIL("\"" << text << "\" did not come; the log is\n" << log());
    }
    ::poll(nullptr, 0, 1);
  }
}

void RunningProgram::kill_app(int instance) {
  const std::string all = log();
  std::size_t at = 0;
  const std::string name = "started pid=";
  for (int i = 0; i <= instance; ++i) at = all.find(name, at) + name.size();
  const int pid = std::stoi(all.substr(at));
  REQUIRE(pid > 1);
  ::kill(pid, SIGKILL);
}

Ended run(std::vector<std::string> argv, const std::vector<std::string>& more_environment) {
  RunningProgram program(std::move(argv), more_environment);
  program.close_input();
  program.wait_for_end_of_output();
  const int status = program.wait();
  return {status, program.output(), program.log()};
}
