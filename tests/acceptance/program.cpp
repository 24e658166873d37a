#include "program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "temporary_directory.hpp"

namespace {

std::vector<std::string> environment_of(const Launch& launch) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    if (!launch.environment.contains(variable.substr(0, variable.find('='))))
      variables.push_back(variable);
  }
  for (const auto& [name, value] : launch.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t start(const Launch& launch, const std::string& out, const std::string& err) {
  auto arguments = launch.argv;
  auto variables = environment_of(launch);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  constexpr int create = O_WRONLY | O_CREAT | O_APPEND;
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), create, 0600);
  ::posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), create, 0600);
  if (!launch.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&actions, launch.directory.c_str());
  }
  pid_t pid = -1;
  const int failure = ::posix_spawnp(&pid, arguments.front().c_str(), &actions, nullptr,
                                     pointers(arguments).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error("cannot start " + arguments.front());
  return pid;
}

pid_t parent_of(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  std::string stat;
  std::getline(file, stat);
  // "17 (a name) S 4 …"
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos ? 0 : std::atoi(stat.c_str() + name_end + 4);
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t process = std::atoi(entry.path().filename().c_str());
    if (process > 0 && parent_of(entry.path()) == pid) children.push_back(process);
  }
  return children;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Outcome run(const Launch& launch) {
  const TemporaryDirectory directory;
  const pid_t pid = start(launch, directory.file("out"), directory.file("err"));
  const int status = wait_for(pid);
  return {status, directory.read("out"), directory.read("err")};
}

Program::Program(const Launch& launch, const std::string& log) : pid_(start(launch, log, log)) {}

Program::~Program() {
  if (pid_ < 0) return;
  constexpr std::chrono::seconds patience{30};
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (ended()) {
    wait_for(pid_);
  } else {
    kill_with_all_children();
  }
}

bool Program::ended() const {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid != 0;
}

void Program::signal(int number) const { ::kill(pid_, number); }

void Program::kill_with_all_children() {
  const pid_t pid = std::exchange(pid_, -1);
  std::vector<pid_t> all{pid};
  for (std::size_t i = 0; i < all.size(); ++i) {
    ::kill(all[i], SIGSTOP);
    const auto children = children_of(all[i]);
    all.insert(all.end(), children.begin(), children.end());
  }
  for (const pid_t each : all) ::kill(each, SIGKILL);
  wait_for(pid);
}

int Program::wait() { return wait_for(std::exchange(pid_, -1)); }
