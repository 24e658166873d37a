#include "middleware/deploy_quick.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "http1/field.hpp"
#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

using deploy::Accepted;
using deploy::RefusalKind;
using deploy::Refused;
using deploy::Upload;

// The body of one upload, on its way into the deployer's file.
class UploadSink final : public BodySink {
 public:
  UploadSink(std::unique_ptr<Upload> upload, std::shared_ptr<Exchange> exchange)
      : upload_(std::move(upload)), exchange_(std::move(exchange)) {}

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
    upload_->finish([exchange = exchange_](const Result<Accepted, Refused>& outcome) {
      exchange->send(outcome ? accepted_answer(*outcome) : refused_answer(outcome.error()));
    });
    upload_.reset();
  }

  std::unique_ptr<Upload> upload_;
  std::shared_ptr<Exchange> exchange_;
};

bool is_zip(std::string_view content_type) {
  const std::string_view type = http1::trimmed(content_type.substr(0, content_type.find(';')));
  return http1::same_token(type, "application/zip");
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
      return 409;
    case RefusalKind::too_large:
      return 413;
    case RefusalKind::not_a_zip:
      return 415;
    case RefusalKind::wrong_digest:
    case RefusalKind::already_active:
      return 400;
    case RefusalKind::archive_refused:
    case RefusalKind::failed_before:
      return 422;
    case RefusalKind::no_such_release:
      return 404;
    case RefusalKind::no_space:
      return 507;
    case RefusalKind::leaving:
      return 503;
    case RefusalKind::build_failed:
    case RefusalKind::broken:
      return 500;
  }
  return 500;
}

// What the head alone shows to be wrong.
std::optional<Response> refusal_by_head(const Request& request) {
  if (!is_zip(request.header("content-type"))) {
    return error_answer(415, "not-a-zip", "send the archive as Content-Type: application/zip");
  }
  if (request.count("content-length") + request.count("transfer-encoding") == 0) {
    return error_answer(411, "length-required",
                        "send a Content-Length, or Transfer-Encoding: chunked");
  }
  return std::nullopt;
}

}  // namespace

void DeployQuick::receive(const Request& request, const std::shared_ptr<Exchange>& exchange) {
  const auto identity = auth_.admit(request);
  if (!identity) return exchange->send(identity.error());
  if (auto refusal = refusal_by_head(request)) return exchange->send(std::move(*refusal));
  const std::string by = identity->user + "@" + identity->device;
  auto upload = deployer_.begin({.by = by,
                                 .content_length = content_length(request),
                                 .expected_sha256 = std::string(request.header("x-content-sha256")),
                                 .force = request.query_value("force") == "1"});
  if (!upload) {
    const Refused& refused = upload.error();
    refusals_.add({.event = release::EventKind::refused,
                   .by = by,
                   .reason = refused.message,
                   .code = std::string(code(refused.kind))});
    return exchange->send(refused_answer(refused));
  }
  auto sink = std::make_unique<UploadSink>(*std::move(upload), exchange);
  exchange->take_body(std::move(sink));
}

Response accepted_answer(const Accepted& accepted) {
  const std::string status = "/admin/deploys/" + accepted.deploy;
  const nlohmann::json body{{"ok", true},
                            {"deployId", accepted.deploy},
                            {"state", deploy::name(accepted.state)},
                            {"events", status + "/events"},
                            {"status", status}};
  const bool unchanged = accepted.state == deploy::DeployState::unchanged;
  Response response = Response::json(unchanged ? 200 : 202, body.dump() + "\n");
  response.headers.emplace_back("location", status);
  return response;
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
