// A program that keeps a worker running beside what it does itself, in its own poll() loop: it
// reads commands from its stdin (status, restart, stop) and tells what happens to the worker.
//
//   embedded COMMAND [ARGUMENTS…]
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <string>

#include "ops/supervisor/supervisor.hpp"

namespace supervisor = ops::supervisor;

namespace {

struct Teller {
  void operator()(const supervisor::Started& event) const {
    std::cout << "worker " << event.pid << " started\n" << std::flush;
  }
  void operator()(const supervisor::Exited& event) const {
    std::cout << "worker " << event.pid << " ended, code " << event.code << "\n" << std::flush;
  }
  void operator()(const auto& /*event*/) const {}
};

void obey(supervisor::Supervisor& worker, const std::string& command) {
  if (command == "stop") worker.stop();
  if (command == "restart") worker.restart();
  if (command == "status") std::cout << to_string(worker.status().state) << "\n" << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  supervisor::AppSpec spec{.command = {argv + 1, argv + argc}};
  for (char** entry = environ; *entry != nullptr; ++entry) spec.environment.emplace_back(*entry);
  supervisor::Supervisor worker(
      spec, [](const supervisor::Event& event) { std::visit(Teller{}, event); });
  worker.start();
  // A line that lay in a buffer already would not wake poll().
  std::setvbuf(stdin, nullptr, _IONBF, 0);
  std::array<pollfd, 2> watched{{{worker.descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  while (!worker.exit_status() && ::poll(watched.data(), watched.size(), -1) >= 0) {
    if (watched[0].revents != 0) worker.serve();
    std::string command;
    if (watched[1].revents == 0) continue;
    if (!std::getline(std::cin, command)) watched[1].fd = -1;  // nobody commands any more
    obey(worker, command);
  }
  return worker.exit_status().value_or(1);
}
