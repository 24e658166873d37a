#include "middleware/event_streams.hpp"

#include <chrono>

namespace ops::middleware {
namespace {

// A comment keeps proxies from cutting a quiet stream.
constexpr std::chrono::seconds comment_period{10};
// A client that has so much to read still gets no more before it has.
constexpr std::size_t most_queued = std::size_t{256} * 1024;
constexpr std::chrono::milliseconds slow_client_retry{100};
constexpr std::string_view last_event = "stream.end";

Response stream_head() {
  Response head{.status = 200, .content_type = "text/event-stream"};
  head.headers = {{"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  return head;
}

std::string as_frame(const deploy::DeployEvent& event) {
  return "id: " + std::to_string(event.number) + "\nevent: " + event.name +
         "\ndata: " + event.json + "\n\n";
}

}  // namespace

EventStreams::EventStreams(loop::Loop& loop, deploy::Deployer& deployer)
    : deployer_(deployer),
      comments_(loop, [this] { send_comments(); }),
      retry_(loop, [this] { pump(); }) {
  comments_.do_not_keep_loop_alive();
  retry_.do_not_keep_loop_alive();
}

void EventStreams::open(std::string_view deploy, std::uint64_t after,
                        std::shared_ptr<Exchange> exchange) {
  const auto status = deployer_.status(deploy);
  if (status && is_end(status->state) && deployer_.events(deploy, after).empty()) {
    exchange->send(Response{.status = 204});
    return;
  }
  exchange->begin_stream(stream_head());
  exchange->write_chunk(": ok\nretry: 200\n\n");
  followers_.push_back({std::string(deploy), after, std::move(exchange)});
  if (!comments_.running()) comments_.start_repeating(comment_period);
  pump();
}

void EventStreams::pump() {
  followers_.remove_if([this](Follower& follower) { return advance(follower); });
  if (followers_.empty()) comments_.stop();
}

bool EventStreams::advance(Follower& follower) {
  if (follower.exchange->closed()) return true;
  if (follower.exchange->queued() > most_queued) {
    retry_.start(slow_client_retry);
    return false;
  }
  for (const deploy::DeployEvent& event : deployer_.events(follower.deploy, follower.seen)) {
    follower.exchange->write_chunk(as_frame(event));
    follower.seen = event.number;
    if (event.name == last_event) {
      follower.exchange->end_stream();
      return true;
    }
  }
  return false;
}

void EventStreams::send_comments() {
  for (Follower& follower : followers_) follower.exchange->write_chunk(": still here\n\n");
  pump();
}

}  // namespace ops::middleware
