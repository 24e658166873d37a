// Uses both libraries as an application would, with the public headers alone.
#include <iostream>

#include "ops/middleware/server.hpp"
#include "ops/supervisor/supervisor.hpp"
#include "ops/version.hpp"

#if __has_include("base/clock.hpp") || __has_include("supervisor/app_machine.hpp")
#error "what is inside the rooms is nobody else's to include"
#endif

int main() {
  using namespace ops::middleware;
  Server server({.name = "demo"});
  server.get(
      "/", [](const Request&, Responder respond) { respond.send(Response::text(200, "hello\n")); });
  ops::supervisor::Supervisor supervisor({.command = {"/bin/true"}, .environment = {}});
  std::cout << "ops " << ops::version << '\n';
  return supervisor.run();
}
