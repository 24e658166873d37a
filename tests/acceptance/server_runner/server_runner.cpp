#include "server_runner.hpp"

#include <unistd.h>

#include <iostream>

namespace {

bool is_installed(const std::string& program) { return ::access(program.c_str(), X_OK) == 0; }

}  // namespace

Words operator+(const Words& way, const Words& words) {
  Words all = way;
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

Words server_runner(const Words& words) { return Words{OPS_SERVER_RUNNER} + words; }

std::vector<Words> ways_to_start() {
  constexpr const char* dumb_init = "/usr/bin/dumb-init";
  if (is_installed(dumb_init)) return {{OPS_SERVER_RUNNER}, {dumb_init, OPS_SERVER_RUNNER}};
  std::cout << "skipped: under dumb-init, because it is not installed\n";
  return {{OPS_SERVER_RUNNER}};
}

Words test_app(const Words& words) { return Words{OPS_TEST_APP} + words; }

Words serving_app(const Words& words) { return Words{OPS_SERVING_APP} + words; }
