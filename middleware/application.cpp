#include "middleware/application.hpp"

#include <string_view>
#include <utility>

#include "middleware/credentials.hpp"
#include "middleware/health.hpp"
#include "middleware/supervisor_notice.hpp"

namespace ops::middleware {
namespace {

constexpr std::string_view single_check_prefix = "/readyz/";

Response pong(const std::string& release) {
  Response response = Response::text(200, "pong");
  if (!release.empty()) response.headers.emplace_back("x-ops-release", release);
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

LifeRules rules_for(const LaunchEnvironment& launch) {
  LifeRules rules;
  // Where there is nobody to ask, the next process can only follow this one.
  if (launch.overlaps && !launch.notify_socket.empty()) rules.succession = Succession::beside;
  if (launch.succeeds) rules.acceptance = Acceptance::when_ready;
  return rules;
}

}  // namespace

Application::Application(loop::Loop& loop, base::Log& log, const base::Clock& clock,
                         const ServerOptions& options, Orders orders)
    : loop_(loop),
      log_(log),
      clock_(clock),
      options_(options),
      launch_(read_launch_environment()),
      credentials_(take_credentials(options.name)),
      orders_(std::move(orders)),
      rules_(rules_for(launch_)),
      signs_of_life_(loop, launch_.notify_socket) {}

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
                respond.send(answer_probe(probe, ready_checks(phase_), request));
              }));
  }
  chain.add("GET", std::string(single_check_prefix), PathMatch::prefix,
            Handler([this](const Request& request, Responder respond) {
              const auto check = request.path.substr(single_check_prefix.size());
              respond.send(answer_single_check(check, ready_checks(phase_)));
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
                                      .address = address,
                                      .phase = [this] { return phase_; }},
                                     [this] { handle(LifeEvent::release_switched); });
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
  signs_of_life_.begin(launch_.watchdog);
  handle(LifeEvent::listening);
  if (options_.readiness == Readiness::when_listening) ready();
}

void Application::handle(LifeEvent event) {
  const LifeStep step = advance(rules_, phase_, event);
  phase_ = step.phase;
  for (const LifeAction action : step.actions) perform(action);
}

void Application::perform(LifeAction action) {
  switch (action) {
    case LifeAction::accept:
      return orders_.accept();
    case LifeAction::tell_ready:
      return tell_supervisor("READY=1\nSTATUS=serving");
    case LifeAction::hand_over:
      return deploys_->hand_over();
    case LifeAction::ask_for_successor:
      return ask_for_successor();
    case LifeAction::exit_with_restart_code:
      exit_status_ = launch_.restart_code;
      return;
    case LifeAction::tell_stopping:
      return tell_supervisor("STOPPING=1\nSTATUS=draining");
    case LifeAction::drain:
      if (deploys_) deploys_->leave();
      return orders_.begin_drain();
  }
}

// An app must run without a supervisor too.
void Application::tell_supervisor(const std::string& notice) {
  if (launch_.notify_socket.empty()) return;
  const auto told = send_notice(launch_.notify_socket, notice, Delivery::waits);
  if (!told) log_.warning(told.error().message);
}

void Application::ask_for_successor() {
  const auto asked = send_notice(launch_.notify_socket, "RESTART=1", Delivery::waits);
  if (asked)
    return log_.info("asked the supervisor for the next process; serving until it is ready");
  log_.warning(asked.error().message + "; ending with the restart code instead",
               {{"restart-code", std::to_string(launch_.restart_code)}});
  handle(LifeEvent::cannot_ask);
}

}  // namespace ops::middleware
