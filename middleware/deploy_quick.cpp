#include "middleware/deploy_quick.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "http1/field.hpp"
#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

using deploy::Accepted;
using deploy::RefusalKind;
using deploy::Refused;
using deploy::Upload;

constexpr BodyType zip_body{"application/zip", "not-a-zip",
                            "send the archive as Content-Type: application/zip"};
constexpr BodyType list_body{"application/json", "not-json",
                             "send the list of files as Content-Type: application/json"};

// The body of one upload, on its way into the deployer's file.
class UploadSink final : public BodySink {
 public:
  using ToResponse = Response (*)(const Accepted& accepted);

  UploadSink(std::unique_ptr<Upload> upload, std::shared_ptr<Exchange> exchange,
             ToResponse accepted)
      : upload_(std::move(upload)), exchange_(std::move(exchange)), accepted_(accepted) {}

  void on_body(std::string_view bytes) override {
    if (!upload_) return;
    if (!upload_->write(bytes)) finish();
  }

  void on_body_end() override {
    if (upload_) finish();
  }

  void on_body_broken() override { upload_.reset(); }

 private:
  // Answered when the next deploy could begin, so that whoever tries again at once is let in.
  void finish() {
    upload_->finish(
        [exchange = exchange_, accepted = accepted_](const Result<Accepted, Refused>& outcome) {
          exchange->send(outcome ? accepted(*outcome) : refused_answer(outcome.error()));
        });
    upload_.reset();
  }

  std::unique_ptr<Upload> upload_;
  std::shared_ptr<Exchange> exchange_;
  ToResponse accepted_;
};

bool is_of_type(const Request& request, std::string_view wanted) {
  const std::string_view said = request.header("content-type");
  return http1::same_token(http1::trimmed(said.substr(0, said.find(';'))), wanted);
}

// The framing itself was checked by the header gate: a length is all digits.
std::optional<std::uint64_t> content_length(const Request& request) {
  const std::string_view text = request.header("content-length");
  std::uint64_t length = 0;
  const auto [end, failure] = std::from_chars(text.begin(), text.end(), length);
  if (text.empty() || failure != std::errc()) return std::nullopt;
  return length;
}

int status_of(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::busy:
    case RefusalKind::unknown_base:
    case RefusalKind::not_awaited:
    case RefusalKind::too_late:
    case RefusalKind::cancelled:
      return 409;
    case RefusalKind::too_large:
      return 413;
    case RefusalKind::not_a_zip:
      return 415;
    case RefusalKind::wrong_digest:
    case RefusalKind::already_active:
    case RefusalKind::bad_offer:
      return 400;
    case RefusalKind::archive_refused:
    case RefusalKind::failed_before:
    case RefusalKind::key_reused:
      return 422;
    case RefusalKind::no_such_release:
    case RefusalKind::no_such_deploy:
      return 404;
    case RefusalKind::no_space:
      return 507;
    case RefusalKind::leaving:
      return 503;
    case RefusalKind::build_failed:
    case RefusalKind::overdue:
    case RefusalKind::broken:
      return 500;
  }
  return 500;
}

// What the head alone shows to be wrong.
std::optional<Response> refusal_by_head(const Request& request, const BodyType& wanted) {
  if (!is_of_type(request, wanted.name)) return error_answer(415, wanted.code, wanted.remedy);
  if (request.count("content-length") + request.count("transfer-encoding") > 0) return std::nullopt;
  return error_answer(411, "length-required",
                      "send a Content-Length, or Transfer-Encoding: chunked");
}

// Where to look for the rest.
nlohmann::json body_of(const Accepted& accepted) {
  const std::string status = "/admin/deploys/" + accepted.deploy;
  nlohmann::json body{{"ok", true},
                      {"deployId", accepted.deploy},
                      {"state", deploy::name(accepted.state)},
                      {"events", status + "/events"},
                      {"status", status}};
  if (accepted.joined) body["joined"] = true;
  return body;
}

// In lower case, as two of them are compared.
Result<std::string, Response> digest_of(const Request& request) {
  constexpr const char* name = "x-content-sha256";
  std::string digest = base::lower_hex(request.header(name));
  const auto bytes = base::from_hex(digest);
  const bool is_digest = bytes && bytes->size() == sizeof(base::Digest);
  const auto count = request.count(name);
  if (count == 0 || (count == 1 && is_digest)) return digest;
  return error_answer(400, "wrong-digest",
                      "send one x-content-sha256: the archive's SHA-256 in 64 hex digits");
}

// Printable, so that it can stand in a log, and no longer than other services take.
constexpr std::size_t longest_idempotency_key = 255;

bool is_idempotency_key(std::string_view text) {
  return !text.empty() && text.size() <= longest_idempotency_key &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Result<std::string, Response> idempotency_key_of(const Request& request) {
  const auto count = request.count("idempotency-key");
  if (count == 0) return std::string();
  const std::string_view key = request.header("idempotency-key");
  if (count == 1 && is_idempotency_key(key)) return std::string(key);
  return error_answer(400, "bad-idempotency-key",
                      "send one Idempotency-Key of 1 to 255 printable characters without blanks");
}

void DeployQuick::receive(const Request& request, const std::shared_ptr<Exchange>& exchange) {
  using Body = deploy::UploadRequest::Body;
  auto upload = admit(request, exchange, zip_body);
  if (!upload) return;
  const bool is_rest = request.count("x-ops-deploy") > 0;
  upload->body = is_rest ? Body::missing : Body::archive;
  upload->deploy = request.header("x-ops-deploy");
  auto digest = digest_of(request);
  if (!digest) return exchange->send(std::move(digest).error());
  upload->expected_sha256 = *std::move(digest);
  take(exchange, *std::move(upload), accepted_answer);
}

void DeployQuick::receive_offer(const Request& request, const std::shared_ptr<Exchange>& exchange) {
  auto upload = admit(request, exchange, list_body);
  if (!upload) return;
  upload->body = deploy::UploadRequest::Body::offer;
  upload->source = request.header("x-ops-source");
  take(exchange, *std::move(upload), missing_answer);
}

std::optional<deploy::UploadRequest> DeployQuick::admit(const Request& request,
                                                        const std::shared_ptr<Exchange>& exchange,
                                                        const BodyType& wanted) const {
  const auto identity = auth_.admit(request);
  if (!identity) {
    exchange->send(identity.error());
    return std::nullopt;
  }
  if (auto refusal = refusal_by_head(request, wanted)) {
    exchange->send(std::move(*refusal));
    return std::nullopt;
  }
  auto key = idempotency_key_of(request);
  if (!key) {
    exchange->send(std::move(key).error());
    return std::nullopt;
  }
  return deploy::UploadRequest{.by = identity->user + "@" + identity->device,
                               .address = std::string(request.peer),
                               .idempotency_key = *std::move(key),
                               .content_length = content_length(request),
                               .force = request.query_value("force") == "1"};
}

void DeployQuick::take(const std::shared_ptr<Exchange>& exchange, deploy::UploadRequest request,
                       ToResponse accepted) {
  const release::JournalEntry who{.by = request.by, .address = request.address};
  const auto same = deployer_.find_same(request);
  if (!same) return refuse(exchange, who, same.error());
  if (*same) return exchange->send(accepted(**same));
  auto upload = deployer_.begin(std::move(request));
  if (!upload) return refuse(exchange, who, upload.error());
  exchange->take_body(std::make_unique<UploadSink>(*std::move(upload), exchange, accepted));
}

void DeployQuick::refuse(const std::shared_ptr<Exchange>& exchange, release::JournalEntry line,
                         const Refused& refused) {
  line.event = release::EventKind::refused;
  line.reason = refused.message;
  line.code = code(refused.kind);
  refusals_.add(std::move(line));
  exchange->send(refused_answer(refused));
}

Response accepted_answer(const Accepted& accepted) {
  const nlohmann::json body = body_of(accepted);
  const bool unchanged = accepted.state == deploy::DeployState::unchanged;
  Response response = Response::json(unchanged ? 200 : 202, body.dump() + "\n");
  response.headers.emplace_back("location", body["status"]);
  return response;
}

// Written path by path: there may be tens of thousands of them, which are held often enough.
Response missing_answer(const Accepted& accepted) {
  constexpr std::size_t quotes_and_comma = 3;
  std::string body = body_of(accepted).dump();
  std::size_t bytes = body.size();
  for (const std::string& path : accepted.missing) bytes += path.size() + quotes_and_comma;
  body.reserve(bytes + sizeof(",\"missing\":[]}\n"));
  body.back() = ',';
  body += "\"missing\":[";
  const char* separator = "";
  for (const std::string& path : accepted.missing) {
    body.append(separator).append(nlohmann::json(path).dump());
    separator = ",";
  }
  body += "]}\n";
  return Response::json(200, std::move(body));
}

Response refused_answer(const Refused& refused) {
  Response response = error_answer(status_of(refused.kind), code(refused.kind), refused.message);
  if (refused.kind != RefusalKind::busy && refused.kind != RefusalKind::leaving) return response;
  response.headers.emplace_back("retry-after", "1");
  if (!refused.running_deploy.empty()) {
    response.headers.emplace_back("location", "/admin/deploys/" + refused.running_deploy);
  }
  return response;
}

}  // namespace ops::middleware
