#include "middleware/event_streams.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "middleware/error_answer.hpp"

namespace ops::middleware {
namespace {

// A client that has so much to read still gets no more before it has.
constexpr std::size_t most_queued = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds slow_client_retry{100};
// An event may be 48 KiB of JSON, so few are made at a time.
constexpr std::size_t events_at_once = 8;
constexpr std::size_t most_a_slice = std::size_t{64} * 1024;
constexpr std::size_t most_a_turn = std::size_t{256} * 1024;
constexpr std::string_view last_event = "stream.end";

Response stream_head() {
  Response head{.status = 200, .content_type = "text/event-stream"};
  head.headers = {{"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  return head;
}

Response too_many_followers() {
  Response answer =
      error_answer(503, "too-many-followers",
                   "too many clients follow deploys here: ask for the deploy's status instead");
  answer.headers.emplace_back("retry-after", "5");
  return answer;
}

std::string as_frame(const deploy::DeployEvent& event) {
  return "id: " + std::to_string(event.number) + "\nevent: " + event.name +
         "\ndata: " + event.json + "\n\n";
}

}  // namespace

EventStreams::EventStreams(loop::Loop& loop, Source source,
                           std::chrono::milliseconds comment_period)
    : source_(std::move(source)),
      comment_period_(comment_period),
      comments_(loop, [this] { send_comments(); }),
      next_turn_(loop, [this] { serve_some(); }),
      slow_clients_(loop, [this] { serve_some(); }) {
  comments_.do_not_keep_loop_alive();
  next_turn_.do_not_keep_loop_alive();
  slow_clients_.do_not_keep_loop_alive();
}

// Nothing is sent from here: this may be called in the middle of serving the others, by a request
// that waited behind a stream that has just been ended.
void EventStreams::open(std::string_view deploy, std::uint64_t after,
                        std::shared_ptr<Exchange> exchange) {
  if (source_.has_ended(deploy) && source_.events(deploy, after, 1).empty()) {
    return exchange->send(Response{.status = 204});
  }
  if (!serving_) forget_those_who_left();
  if (followers_.size() >= most_followers) return exchange->send(too_many_followers());
  exchange->begin_stream(stream_head());
  exchange->write_chunk(": ok\nretry: 200\n\n");
  followers_.push_back(
      {.deploy = std::string(deploy), .seen = after, .exchange = std::move(exchange)});
  if (!comments_.running()) comments_.start_repeating(comment_period_);
  next_turn_.start(std::chrono::milliseconds(0));
}

void EventStreams::pump() {
  for (Follower& follower : followers_) follower.behind = true;
  serve_some();
}

void EventStreams::serve_some() {
  if (std::exchange(serving_, true)) return next_turn_.start(std::chrono::milliseconds(0));
  std::size_t sent = 0;
  for (std::size_t left = followers_.size(); left > 0 && sent < most_a_turn; --left) {
    followers_.splice(followers_.end(), followers_, followers_.begin());
    sent += serve(followers_.back());
  }
  std::list<Follower> ended;
  for (auto next = followers_.begin(); next != followers_.end();) {
    const auto follower = next++;
    if (follower->ended) ended.splice(ended.end(), followers_, follower);
  }
  serving_ = false;
  forget_those_who_left();
  // The end of a stream lets the client's next request through, which may be for another stream.
  for (const Follower& follower : ended) follower.exchange->end_stream();
  if (followers_.empty()) comments_.stop();
}

/// What was sent, in bytes.
std::size_t EventStreams::serve(Follower& follower) {
  if (!follower.behind || follower.exchange->closed()) return 0;
  if (follower.exchange->queued() > most_queued) {
    slow_clients_.start(slow_client_retry);
    return 0;
  }
  const std::size_t sent = send_slice(follower);
  if (follower.behind && !follower.ended) next_turn_.start(std::chrono::milliseconds(0));
  return sent;
}

std::size_t EventStreams::send_slice(Follower& follower) {
  std::string slice;
  while (slice.size() < most_a_slice && follower.behind && !follower.ended) {
    const auto events = source_.events(follower.deploy, follower.seen, events_at_once);
    follower.behind = events.size() == events_at_once;
    for (const deploy::DeployEvent& event : events) {
      if (slice.size() >= most_a_slice) {
        follower.behind = true;
        break;
      }
      slice += as_frame(event);
      follower.seen = event.number;
      follower.ended = event.name == last_event;
    }
  }
  if (!slice.empty()) follower.exchange->write_chunk(slice);
  return slice.size();
}

void EventStreams::forget_those_who_left() {
  followers_.remove_if([](const Follower& follower) { return follower.exchange->closed(); });
}

void EventStreams::send_comments() {
  for (const Follower& follower : followers_) {
    if (follower.exchange->queued() <= most_queued) {
      follower.exchange->write_chunk(": still here\n\n");
    }
  }
  pump();
}

}  // namespace ops::middleware
