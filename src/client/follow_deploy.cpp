#include "client/follow_deploy.hpp"

#include <algorithm>
#include <utility>

#include "client/event_stream.hpp"
#include "client/json_object.hpp"

namespace ops::client {
namespace {

using std::chrono::milliseconds;

// The server sends a comment every ten seconds.
constexpr std::chrono::seconds stream_silence{25};
constexpr std::size_t status_limit = std::size_t{1} << 20;

// Pauses between attempts that grow: a restart takes milliseconds or minutes.
class Pauses {
 public:
  void take(const Patience& patience) {
    patience.wait(next_);
    next_ = std::min(next_ * 3 / 2 + milliseconds(1), longest);
  }
  void start_over() { next_ = shortest; }

 private:
  static constexpr milliseconds shortest{10};
  static constexpr milliseconds longest{500};
  milliseconds next_ = shortest;
};

Failure given_up(const std::string& deploy, const Patience& patience, const std::string& last) {
  const FailureKind kind =
      patience.interrupted() ? FailureKind::interrupted : FailureKind::timed_out;
  const std::string what =
      kind == FailureKind::interrupted ? "interrupted" : "timed out waiting for its end";
  return {kind, "deploy " + deploy + ": " + what + (last.empty() ? "" : " (" + last + ")")};
}

class EventReader {
 public:
  EventReader(Session& session, const std::string& deploy, DeployListener& listener,
              const Patience& patience)
      : session_(session), deploy_(deploy), listener_(listener), patience_(patience) {}

  // Reads until the stream says that it is at its end, or nothing more can be had from it. The
  // state of the deploy is asked for in any case, so only waiting in vain is a failure.
  Result<void, Failure> read_all() {
    Pauses pauses;
    while (!patience_.lost()) {
      const std::string seen = last_id_;
      const auto reason = read_once();
      if (!reason) return {};
      if (!reason->empty() && !std::exchange(waiting_, true)) listener_.waiting(*reason);
      last_reason_ = *reason;
      if (last_id_ != seen) pauses.start_over();
      pauses.take(patience_);
    }
    return given_up(deploy_, patience_, last_reason_);
  }

 private:
  // One connection. Returns why there should be another one; nothing when there should not.
  std::optional<std::string> read_once() {
    EventStreamParser parser;
    HttpRequest request{.silence_limit = stream_silence};
    request.headers = {{"accept", "text/event-stream"}};
    if (!last_id_.empty()) request.headers.emplace_back("last-event-id", last_id_);
    request.on_body = [this, &parser](std::string_view bytes) { return take(parser, bytes); };
    const auto response =
        session_.send("cannot read the events", "/admin/deploys/" + deploy_ + "/events",
                      std::move(request), patience_);
    if (done_) return std::nullopt;
    if (!response) {
      if (is_passing(response.error().kind)) return response.error().message;
      return std::nullopt;
    }
    if (response->status == 200) return std::string();
    const Failure failure = failure_of("cannot read the events", *response);
    if (is_passing(failure.kind)) return failure.message;
    return std::nullopt;
  }

  Reading take(EventStreamParser& parser, std::string_view bytes) {
    waiting_ = false;
    const auto events = parser.read(bytes);
    if (!events) {
      done_ = true;
      return Reading::enough;
    }
    for (const StreamEvent& event : *events) handle(event);
    return done_ ? Reading::enough : Reading::go_on;
  }

  void handle(const StreamEvent& event) {
    constexpr std::size_t longest_id = 20;
    const bool is_number =
        std::ranges::all_of(event.id, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number && event.id.size() <= longest_id) last_id_ = event.id;
    if (event.name == "stream.end") done_ = true;
    const auto json = JsonObject::parse(event.data);
    if (!json) return;
    if (event.name == "production.building") listener_.build_line(json->text("message"));
    if (event.name == "production.starting") listener_.starting(json->text("message"));
  }

  Session& session_;
  const std::string& deploy_;
  DeployListener& listener_;
  const Patience& patience_;
  std::string last_id_;
  std::string last_reason_;
  bool waiting_ = false;  // and the listener knows it
  bool done_ = false;
};

}  // namespace

Result<DeployStatus, Failure> ask_status(Session& session, const std::string& deploy,
                                         const Patience& patience) {
  const std::string action = "cannot ask how deploy " + deploy + " stands";
  HttpRequest request{.response_limit = status_limit};
  const auto response =
      session.send(action, "/admin/deploys/" + deploy, std::move(request), patience);
  if (!response) return response.error();
  if (response->status != 200) return failure_of(action, *response);
  auto status = parse_deploy_status(response->body);
  if (!status) return Failure{FailureKind::other, action + ": " + status.error().message};
  return *std::move(status);
}

Result<DeployStatus, Failure> follow_deploy(Session& session, const std::string& deploy,
                                            DeployListener& listener, const Patience& patience) {
  EventReader reader(session, deploy, listener, patience);
  if (auto read = reader.read_all(); !read) return read.error();
  Pauses pauses;
  std::string last;
  while (!patience.lost()) {
    auto status = ask_status(session, deploy, patience);
    if (status) listener.state(status->state);
    if (status && is_end_state(status->state)) return status;
    if (!status && !is_passing(status.error().kind)) {
      if (status.error().kind == FailureKind::interrupted) break;
      // The deploy was taken; how it ended is not known, whatever the reason.
      return Failure{FailureKind::timed_out, status.error().message};
    }
    last = status ? "state " + status->state : status.error().message;
    pauses.take(patience);
  }
  return given_up(deploy, patience, last);
}

Result<void, Failure> await_serving(Session& session, const std::string& release,
                                    const Patience& patience) {
  Pauses pauses;
  std::optional<Failure> last;
  do {
    const auto serving = session.serving(patience);
    if (serving && *serving == release) return {};
    if (serving) {
      const std::string other =
          serving->empty() ? "does not say what it serves" : "serves " + *serving;
      last = Failure{FailureKind::not_serving,
                     "the server " + other + ", not " + release + " which was deployed"};
    } else if (!last || !is_passing(serving.error().kind)) {
      last = serving.error();
    }
    if (!patience.lost()) pauses.take(patience);
  } while (!patience.lost());
  if (patience.interrupted()) return Failure{FailureKind::interrupted, "interrupted"};
  if (last->kind != FailureKind::not_serving) last->kind = FailureKind::timed_out;
  return *last;
}

}  // namespace ops::client
