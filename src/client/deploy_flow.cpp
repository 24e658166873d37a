#include "client/deploy_flow.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/random.hpp"
#include "client/json_object.hpp"
#include "client/names.hpp"
#include "client/stopwatch.hpp"

namespace ops::client {
namespace {

using std::chrono::milliseconds;

// After its last byte the archive is checked and unpacked before the answer comes.
constexpr std::chrono::seconds unpacking_limit{180};
// A deploy ends when its release is ready; whoever stands before the server may need a moment more.
constexpr milliseconds serving_limit{10'000};
// How long a failed deploy asks what serves now.
constexpr milliseconds last_question_limit{3'000};
constexpr int most_attempts = 2;
constexpr const char* cannot_deploy = "cannot deploy";

}  // namespace

DeployFlow::DeployFlow(Session& session, DeployListener& listener, const Patience& patience)
    : session_(session), listener_(listener), patience_(patience) {}

DeployOutcome DeployFlow::quick_deploy(const Sources& sources, FailedBefore failed_before,
                                       const KnownSources& known) {
  outcome_ = {};
  outcome_.timings = {{"scanning", sources.scanning.count()}};
  query_ = failed_before == FailedBefore::try_again ? "?force=1" : "";
  if (ask_before()) send(sources, known);
  if (!outcome_.failure) follow();
  if (!outcome_.failure) known.remember(outcome_.release, sources.manifest);
  return finish();
}

DeployOutcome DeployFlow::roll_back(const std::string& to) {
  outcome_ = {};
  const std::string action = "cannot roll back to " + to;
  if (!ask_before()) return finish();
  const std::string body =
      nlohmann::json{{"toHash", to}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  HttpRequest request{.method = "POST", .body = body, .silence_limit = unpacking_limit};
  request.headers = {{"content-type", "application/json"}};
  const auto response =
      session_.send(action, "/admin/rollback-production", std::move(request), patience_);
  if (!response) {
    fail(response.error());
  } else if (response->status == 400 && to == outcome_.previous) {
    outcome_.state = "unchanged";
    outcome_.release = outcome_.serving = to;
  } else {
    take_answer(action, *response);
    if (!outcome_.failure) follow();
  }
  return finish();
}

bool DeployFlow::ask_before() {
  auto serving = session_.serving(patience_);
  if (!serving) {
    fail(serving.error());
    return false;
  }
  outcome_.previous = outcome_.serving = *std::move(serving);
  return true;
}

void DeployFlow::send(const Sources& sources, const KnownSources& known) {
  if (auto key = session_.key(patience_); !key) return fail(key.error());
  // A server that restarts in between has forgotten what it waited for.
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto wanted = offer(sources, known);
    if (!wanted) return;
    auto package = wanted->deploy.empty() ? pack(sources) : pack_only(sources, wanted->missing);
    if (!package) return fail({FailureKind::other, package.error().message});
    outcome_.timings["packing"] = package->packing.count();
    listener_.packed(package->files, package->zip_bytes, package->packing);
    const auto response = upload(*package, wanted->deploy);
    if (!response) return;
    const bool forgotten = response->status == 409 && error_code(*response) == "not-awaited";
    if (!forgotten || attempt + 1 == most_attempts) return take_answer(cannot_deploy, *response);
  }
}

// Nothing where that is all: the sources serve already, or it failed.
std::optional<DeployFlow::Wanted> DeployFlow::offer(const Sources& sources,
                                                    const KnownSources& known) {
  listener_.state("comparing");
  const Stopwatch watch;
  const auto response = ask_what_is_missing(sources, known);
  outcome_.timings["comparing"] = watch.elapsed().count();
  if (response) return wanted_in(*response);
  fail(response.error());
  return std::nullopt;
}

Result<HttpResponse, Failure> DeployFlow::ask_what_is_missing(const Sources& sources,
                                                              const KnownSources& known) {
  if (const auto base = known.of(outcome_.previous)) {
    const auto offer = difference(outcome_.previous, *base, sources.manifest);
    auto response = send_offer(offer, offer.source);
    const bool unknown =
        response && response->status == 409 && error_code(*response) == "unknown-base";
    if (!unknown) return response;
  }
  return send_offer({.files = sources.manifest.entries()}, sources.manifest.content_hash());
}

// By the hash of it all the server knows a deploy of the same that goes on already, before it reads
// the list.
Result<HttpResponse, Failure> DeployFlow::send_offer(const release::SourceOffer& offer,
                                                     const std::string& hash) {
  const std::string body = offer.to_json();
  HttpRequest request{.method = "POST", .body = body, .silence_limit = unpacking_limit};
  // At most all paths of the offer come back, each with an escape more here and there.
  request.response_limit += 2 * body.size();
  request.headers = {{"content-type", "application/json"}, {"x-ops-source", hash}};
  return session_.send(cannot_deploy, "/admin/deploy-quick/missing" + query_, std::move(request),
                       patience_);
}

std::optional<DeployFlow::Wanted> DeployFlow::wanted_in(const HttpResponse& response) {
  // It takes no list as long as this one, but perhaps the files.
  if (response.status == 413) return Wanted{};
  const auto answer = response.status == 200 ? JsonObject::parse(response.body) : std::nullopt;
  auto missing = answer ? answer->texts("missing") : std::nullopt;
  const bool is_done =
      missing && (answer->text("state") == "unchanged" || answer->is_true("joined"));
  if (!missing || is_done) {
    take_answer(cannot_deploy, response);
    return std::nullopt;
  }
  Wanted wanted{answer->text("deployId"), std::move(*missing)};
  if (is_deploy_name(wanted.deploy)) return wanted;
  fail({FailureKind::other, std::string(cannot_deploy) + ": the server's answer names no deploy"});
  return std::nullopt;
}

std::optional<HttpResponse> DeployFlow::upload(const Package& package, const std::string& deploy) {
  listener_.state("uploading");
  const Stopwatch watch;
  const std::string key = base::random_hex(32);
  Delivery delivery = send_package(package, deploy, key);
  // The server knows by the key whether it has taken what was sent before its answer was lost.
  const bool lost = delivery.answer_is_lost();
  if (lost) delivery = send_package(package, deploy, key);
  outcome_.timings["uploading"] = watch.elapsed().count();
  if (delivery.response && !(lost && delivery.response->status >= 500)) {
    return std::move(delivery.response).value();
  }
  Failure failure =
      delivery.response ? failure_of(cannot_deploy, *delivery.response) : delivery.response.error();
  // Whatever became of the second one, the first was whole.
  if (lost) failure.kind = FailureKind::timed_out;
  fail_upload(std::move(failure), lost || delivery.complete);
  return std::nullopt;
}

DeployFlow::Delivery DeployFlow::send_package(const Package& package, const std::string& deploy,
                                              const std::string& key) {
  const Stopwatch watch;
  std::uint64_t sent = 0;
  HttpRequest request{.method = "POST",
                      .file = FileBody{package.zip.get(), package.zip_bytes},
                      .silence_limit = unpacking_limit};
  request.headers = {{"content-type", "application/zip"},
                     {"x-content-sha256", package.sha256},
                     {"idempotency-key", key}};
  if (!deploy.empty()) request.headers.emplace_back("x-ops-deploy", deploy);
  request.on_sent = [this, &sent, &watch, total = package.zip_bytes](std::uint64_t bytes) {
    if (std::exchange(sent, bytes) == bytes) return;
    listener_.sent(bytes, total);
    if (bytes == total) listener_.uploaded(total, watch.elapsed());
  };
  auto response =
      session_.send(cannot_deploy, "/admin/deploy-quick" + query_, std::move(request), patience_);
  return {std::move(response), sent == package.zip_bytes};
}

bool DeployFlow::Delivery::answer_is_lost() const {
  return complete && !response && response.error().kind == FailureKind::cut;
}

// A body that did not arrive whole changes nothing. One that did may have been taken.
void DeployFlow::fail_upload(Failure failure, bool complete) {
  if (complete && failure.kind == FailureKind::cut) failure.kind = FailureKind::timed_out;
  if (!complete && failure.kind == FailureKind::timed_out) failure.kind = FailureKind::cut;
  failure.message += complete ? "; all was sent, so the server may have taken the deploy"
                              : "; not all was sent, so nothing has changed";
  fail(std::move(failure));
}

void DeployFlow::take_answer(const std::string& action, const HttpResponse& response) {
  if (response.status != 200 && response.status != 202) {
    const std::string_view running = response.header("location");
    const std::string_view name = running.substr(running.rfind('/') + 1);
    if (response.status == 409 && is_deploy_name(name)) outcome_.deploy = name;
    return fail(failure_of(action, response));
  }
  auto status = parse_deploy_status(response.body);
  if (!status) return fail({FailureKind::timed_out, action + ": " + status.error().message});
  outcome_.deploy = std::move(status->deploy);
  outcome_.state = std::move(status->state);
  outcome_.release = std::move(status->release);
  listener_.state(outcome_.state);
}

void DeployFlow::follow() {
  auto status = outcome_.state == "unchanged"
                    ? ask_status(session_, outcome_.deploy, patience_)
                    : follow_deploy(session_, outcome_.deploy, listener_, patience_);
  if (!status) return fail(status.error());
  outcome_.state = status->state;
  outcome_.release = status->release;
  outcome_.timings.insert(status->timings.begin(), status->timings.end());
  if (auto failure = failure_in(*status)) return fail(*std::move(failure));
  verify();
}

void DeployFlow::verify() {
  if (outcome_.release.empty()) {
    return fail({FailureKind::not_serving, "the server does not say which release it deployed"});
  }
  const auto serves = await_serving(session_, outcome_.release, patience_.at_most(serving_limit));
  if (!serves) return fail(serves.error());
  outcome_.serving = outcome_.release;
}

void DeployFlow::fail(Failure failure) { outcome_.failure = std::move(failure); }

// A failure is told together with what serves now, where somebody still answers.
DeployOutcome DeployFlow::finish() {
  const bool may_have_changed = !outcome_.deploy.empty() && outcome_.failure;
  if (may_have_changed && outcome_.failure->kind != FailureKind::interrupted) {
    const Patience patience = patience_.at_most(last_question_limit);
    outcome_.serving.clear();
    do {
      if (auto serving = session_.serving(patience)) outcome_.serving = *std::move(serving);
      if (outcome_.serving.empty()) patience.wait(milliseconds(50));
    } while (outcome_.serving.empty() && !patience.lost());
  }
  return std::move(outcome_);
}

}  // namespace ops::client
