#include "middleware/application.hpp"

#include <string_view>
#include <utility>

#include "middleware/credentials.hpp"
#include "middleware/health.hpp"

namespace ops::middleware {
namespace {

constexpr std::string_view single_check_prefix = "/readyz/";

Response pong(const std::string& release) {
  Response response = Response::text(200, "pong");
  if (!release.empty()) response.headers.emplace_back("x-ops-release", release);
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

}  // namespace

Application::Application(loop::Loop& loop, base::Log& log, const base::Clock& clock,
                         const ServerOptions& options, std::function<void()> begin_drain)
    : loop_(loop),
      log_(log),
      clock_(clock),
      options_(options),
      launch_(read_launch_environment()),
      credentials_(take_credentials(options.name)),
      begin_drain_(std::move(begin_drain)),
      lifecycle_([this] { notify_supervisor(launch_.notify_socket, "READY=1"); }) {}

void Application::add_routes(Chain& chain, const std::string& address) {
  add_probes(chain);
  add_deploys(chain, address);
}

void Application::add_probes(Chain& chain) {
  chain.add("GET", "/ping", PathMatch::exact,
            Handler([this](const Request& /*request*/, Responder respond) {
              respond.send(pong(launch_.release));
            }));
  chain.add("GET", "/livez", PathMatch::exact,
            Handler([](const Request& request, Responder respond) {
              respond.send(answer_probe("livez", live_checks(), request));
            }));
  for (const std::string_view probe : {"readyz", "healthz"}) {
    chain.add("GET", "/" + std::string(probe), PathMatch::exact,
              Handler([this, probe](const Request& request, Responder respond) {
                respond.send(answer_probe(probe, ready_checks(lifecycle_.phase()), request));
              }));
  }
  chain.add("GET", std::string(single_check_prefix), PathMatch::prefix,
            Handler([this](const Request& request, Responder respond) {
              const auto check = request.path.substr(single_check_prefix.size());
              respond.send(answer_single_check(check, ready_checks(lifecycle_.phase())));
            }));
}

void Application::add_deploys(Chain& chain, const std::string& address) {
  std::string off;
  if (launch_.releases.empty()) {
    off = "deploys are off: start the app by server-runner --releases DIR";
  } else if (!credentials_) {
    off = credentials_.error().message;
  } else {
    auto opened = DeployRoutes::open({.loop = loop_,
                                      .log = log_,
                                      .clock = clock_,
                                      .launch = launch_,
                                      .credentials = *credentials_,
                                      .options = options_,
                                      .address = address},
                                     [this] { restart(); });
    if (opened) {
      deploys_ = *std::move(opened);
      deploys_->add_to(chain);
      return;
    }
    off = "deploys are off: " + opened.error().message;
  }
  // Without releases there is nothing to deploy to; with them somebody wants to.
  if (launch_.releases.empty()) {
    log_.info(off);
  } else {
    log_.warning(off);
  }
  DeployRoutes::add_refusals_to(chain, off);
}

void Application::listening() {
  if (options_.readiness == Readiness::when_listening) ready();
}

void Application::stop() {
  if (lifecycle_.phase() == Phase::draining) return;
  notify_supervisor(launch_.notify_socket, "STOPPING=1");
  drain();
}

// Once told to stop, the status stays 0: the supervisor would not start the app again anyway.
void Application::restart() {
  if (lifecycle_.phase() == Phase::draining) return;
  exit_status_ = launch_.restart_code;
  drain();
}

void Application::drain() {
  lifecycle_.begin_drain();
  begin_drain_();
}

}  // namespace ops::middleware
