#include "middleware/deploy_routes.hpp"

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "deploy/deployer.hpp"
#include "middleware/auth.hpp"
#include "middleware/deploy_quick.hpp"
#include "middleware/error_answer.hpp"
#include "middleware/event_streams.hpp"
#include "middleware/journal_notes.hpp"
#include "middleware/releases_api.hpp"
#include "release/release_store.hpp"

namespace ops::middleware {
namespace {

constexpr const char* sign_in_path = "/auth";
constexpr const char* admin_paths = "/admin/";
constexpr const char* upload_path = "/admin/deploy-quick";
constexpr const char* offer_path = "/admin/deploy-quick/missing";
constexpr const char* deploys_path = "/admin/deploys/";
constexpr const char* production_path = "/admin/production";
constexpr const char* history_path = "/admin/production-history";
constexpr const char* rollback_path = "/admin/rollback-production";

// "[::]:8080" → 8080; a unix socket has no port.
unsigned short port_of(const std::string& address) {
  unsigned short port = 0;
  const char* const end = address.data() + address.size();
  std::from_chars(address.data() + address.rfind(':') + 1, end, port);
  return port;
}

// A unix socket has no URL.
std::string url_of(const std::string& address) {
  return port_of(address) == 0 ? std::string() : "http://" + address;
}

deploy::DeploySettings settings_for(const DeployFoundation& foundation) {
  const DeployOptions& options = foundation.options.deploy;
  return {.build_command = options.build_command,
          .build_time = options.build_time,
          .carry = options.carry,
          .shared = options.shared,
          .keep = options.keep,
          .received_bytes = options.received_bytes,
          .unpacked_bytes = options.unpacked_bytes,
          .entries = options.entries,
          .depth = options.depth,
          .ratio = options.ratio,
          .free_bytes = options.free_bytes,
          .offer_bytes = options.offer_bytes,
          .secrets = {password_variable(foundation.options.name)},
          .url = url_of(foundation.address),
          .port = port_of(foundation.address)};
}

Production production_of(const DeployFoundation& foundation) {
  return {.release = foundation.launch.release,
          .url = url_of(foundation.address),
          .port = port_of(foundation.address),
          .started_at = foundation.clock.wall(),
          .phase = foundation.phase};
}

// A failed sign-in stands in the journal, where an audit looks for it.
void note_failed_sign_in(JournalNotes& notes, base::Log& log, const FailedSignIn& failed) {
  const std::string in_a_row = std::to_string(failed.in_a_row);
  const bool noted = notes.add({.event = release::EventKind::login_failed,
                                .by = failed.who,
                                .reason = "wrong user, password or device; in a row: " + in_a_row});
  if (noted) log.warning("sign-in refused", {{"who", failed.who}, {"in-a-row", in_a_row}});
}

EventStreams::Source events_of(const deploy::Deployer& deployer) {
  return {.events = [&deployer](std::string_view deploy, std::uint64_t after,
                                std::size_t most) { return deployer.events(deploy, after, most); },
          .has_ended =
              [&deployer](std::string_view deploy) {
                const auto status = deployer.status(deploy);
                return status && is_end(status->state);
              }};
}

}  // namespace

struct DeployRoutes::Parts {
  release::ReleaseStore store;
  JournalNotes sign_in_notes;
  JournalNotes refusal_notes;
  Auth auth;
  deploy::Deployer deployer;
  EventStreams streams;
  DeployQuick upload;
  ReleasesApi releases;

  Parts(release::ReleaseStore opened, const base::Digest& secret,
        const DeployFoundation& foundation, std::function<void()> switched)
      : store(std::move(opened)),
        sign_in_notes(foundation.loop, store.directory(), foundation.log, foundation.clock, {}),
        refusal_notes(foundation.loop, store.directory(), foundation.log, foundation.clock,
                      {.at_once = 20, .period = std::chrono::minutes(1)}),
        auth(foundation.credentials, secret, foundation.clock,
             [this, &log = foundation.log](const FailedSignIn& failed) {
               note_failed_sign_in(sign_in_notes, log, failed);
             }),
        deployer(foundation.loop, store, foundation.log, foundation.clock, settings_for(foundation),
                 std::move(switched)),
        streams(foundation.loop, events_of(deployer)),
        upload(auth, deployer, refusal_notes),
        releases(auth, deployer, store, streams, production_of(foundation)) {
    deployer.on_change([this] { streams.pump(); });
  }
};

Result<std::unique_ptr<DeployRoutes>> DeployRoutes::open(const DeployFoundation& foundation,
                                                         std::function<void()> switched) {
  auto store = release::ReleaseStore::open(foundation.launch.releases, foundation.clock);
  if (!store) return store.error();
  const auto secret = read_or_create_secret(store->directory());
  if (!secret) return secret.error();
  auto parts = std::make_unique<Parts>(*std::move(store), *secret, foundation, std::move(switched));
  return std::unique_ptr<DeployRoutes>(new DeployRoutes(std::move(parts)));
}

DeployRoutes::DeployRoutes(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

DeployRoutes::~DeployRoutes() = default;

void DeployRoutes::add_to(Chain& chain) {
  Parts& parts = *parts_;
  chain.guard(admin_paths, [&parts](const Request& request) -> std::optional<Response> {
    auto identity = parts.auth.admit(request);
    if (identity) return std::nullopt;
    return std::move(identity).error();
  });
  chain.add("POST", sign_in_path, PathMatch::exact,
            Handler([&parts](const Request& request, Responder respond) {
              respond.send(parts.auth.sign_in(request));
            }));
  chain.add(
      "POST", upload_path, PathMatch::exact,
      StreamingHandler([&parts](const Request& request, const std::shared_ptr<Exchange>& exchange) {
        parts.upload.receive(request, exchange);
      }));
  chain.add(
      "POST", offer_path, PathMatch::exact,
      StreamingHandler([&parts](const Request& request, const std::shared_ptr<Exchange>& exchange) {
        parts.upload.receive_offer(request, exchange);
      }));
  chain.add(
      "GET", deploys_path, PathMatch::prefix,
      StreamingHandler([&parts](const Request& request, const std::shared_ptr<Exchange>& exchange) {
        parts.releases.show_deploy(request, exchange);
      }));
  chain.add("DELETE", deploys_path, PathMatch::prefix,
            Handler([&parts](const Request& request, Responder respond) {
              parts.releases.cancel_deploy(request, std::move(respond));
            }));
  chain.add("GET", production_path, PathMatch::exact,
            Handler([&parts](const Request& request, Responder respond) {
              parts.releases.show_production(request, std::move(respond));
            }));
  chain.add("GET", history_path, PathMatch::exact,
            Handler([&parts](const Request& request, Responder respond) {
              parts.releases.list_versions(request, std::move(respond));
            }));
  chain.add("POST", rollback_path, PathMatch::exact,
            Handler([&parts](const Request& request, Responder respond) {
              parts.releases.roll_back(request, std::move(respond));
            }));
}

void DeployRoutes::hand_over() { parts_->deployer.hand_over(); }

void DeployRoutes::leave() { parts_->deployer.leave(); }

void DeployRoutes::add_refusals_to(Chain& chain, const std::string& reason) {
  chain.add("POST", sign_in_path, PathMatch::exact,
            Handler([reason](const Request& /*request*/, Responder respond) {
              respond.send(error_answer(503, "deploys-off", reason));
            }));
  chain.guard(admin_paths, [reason](const Request& /*request*/) {
    return error_answer(503, "deploys-off", reason);
  });
}

}  // namespace ops::middleware
