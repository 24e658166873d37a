// The smallest real app on the built-in server. It answers with a file of its release, and files of
// other names make a release misbehave, so that a deploy of a bad one can be tried out.

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "options.hpp"

namespace {

using ops::middleware::Readiness;
using ops::middleware::Request;
using ops::middleware::Responder;
using ops::middleware::Response;
using ops::middleware::Server;
using ops::middleware::StopSignals;
using std::chrono::milliseconds;

std::optional<std::string> read_file(const char* name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool exists(const char* name) { return ::access(name, F_OK) == 0; }

std::optional<milliseconds> parse_milliseconds(std::string_view text) {
  constexpr unsigned longest = 600'000;
  if (text.ends_with('\n')) text.remove_suffix(1);
  unsigned count = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), count);
  if (failure != std::errc() || end != text.end() || count > longest) return std::nullopt;
  return milliseconds(count);
}

void answer_message(const Request& /*request*/, Responder respond) {
  auto message = read_file("message.txt");
  respond.send(message ? Response::text(200, *std::move(message))
                       : Response::text(404, "there is no message.txt in this release\n"));
}

void answer_slowly(Server& server, const Request& request, Responder respond) {
  const auto delay = parse_milliseconds(request.query_value("ms"));
  if (!delay)
    return respond.send(Response::text(400, "say how slow: /slow?ms=N, at most 600000\n"));
  auto later = std::make_shared<Responder>(std::move(respond));
  server.after(*delay, [later] { later->send(Response::text(200, "slow\n")); });
}

// "slow-start" holds a number of milliseconds, "never-ready" need hold nothing.
void become_ready_in_time(Server& server) {
  if (exists("never-ready")) return;
  const auto delay = parse_milliseconds(read_file("slow-start").value_or("0"));
  server.after(delay.value_or(milliseconds(0)), [&server] { server.ready(); });
}

}  // namespace

int main(int argc, char** argv) {
  auto options = parse_options({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!options) {
    std::fprintf(stderr, "hello: %s\n", options.error().message.c_str());
    return 64;
  }
  if (exists("fail-to-start")) {
    std::fprintf(stderr, "hello: this release holds a file fail-to-start, so it does not start\n");
    return 1;
  }
  options->readiness = Readiness::when_told;
  if (exists("ignore-term")) {
    std::signal(SIGTERM, SIG_IGN);
    options->stop_signals = StopSignals::none;
  }
  Server server(*std::move(options));
  server.get("/", answer_message);
  server.get("/slow", [&server](const Request& request, Responder respond) {
    answer_slowly(server, request, std::move(respond));
  });
  server.get("/pid", [](const Request& /*request*/, Responder respond) {
    respond.send(Response::text(200, std::to_string(::getpid()) + "\n"));
  });
  become_ready_in_time(server);
  return server.run();
}
