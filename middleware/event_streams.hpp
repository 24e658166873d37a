#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/deploy_event.hpp"
#include "loop/timer.hpp"
#include "middleware/exchange.hpp"

namespace ops::middleware {

/// The clients that follow a deploy by server-sent events. Each has read up to an event's number;
/// the events themselves come from where they are kept, so nothing is held here for a client that
/// is slow or has gone. However much there is to tell, it is told in slices, and the loop serves
/// others between them.
class EventStreams {
 public:
  /// Where the events are.
  struct Source {
    /// Those of a deploy after number `after`, `most` at most.
    std::function<std::vector<deploy::DeployEvent>(std::string_view deploy, std::uint64_t after,
                                                   std::size_t most)>
        events;
    /// Whether no event will be added.
    std::function<bool(std::string_view deploy)> has_ended;
  };
  /// One follower more is asked to come again later.
  static constexpr std::size_t most_followers = 64;

  /// The loop must outlive it, and so must what the source reads from.
  /// A comment each `comment_period` keeps proxies from cutting a quiet stream.
  EventStreams(loop::Loop& loop, Source source,
               std::chrono::milliseconds comment_period = std::chrono::seconds(10));

  /// Begins the stream after event number `after` (Last-Event-ID). 204, which tells a browser to
  /// stop asking, when the stream's last event was seen already.
  void open(std::string_view deploy, std::uint64_t after, std::shared_ptr<Exchange> exchange);

  /// Sends a slice of what there is to send, and the rest in the loop's next turns. To be called
  /// whenever there may be new events.
  void pump();

 private:
  struct Follower {
    std::string deploy;
    std::uint64_t seen;
    std::shared_ptr<Exchange> exchange;
    bool behind = true;  // there may be events that it has not got
    bool ended = false;  // it has got its last event
  };

  void serve_some();
  std::size_t serve(Follower& follower);
  std::size_t send_slice(Follower& follower);
  void forget_those_who_left();
  void send_comments();

  Source source_;
  std::chrono::milliseconds comment_period_;
  std::list<Follower> followers_;  // whoever was served last comes last
  bool serving_ = false;
  loop::Timer comments_;
  loop::Timer next_turn_;
  loop::Timer slow_clients_;
};

}  // namespace ops::middleware
