#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "deploy/deployer.hpp"
#include "loop/timer.hpp"
#include "middleware/exchange.hpp"

namespace ops::middleware {

/// The clients that follow a deploy by server-sent events. Each has read up to an event's number;
/// the events themselves come from the deployer, so nothing is kept here for a client that is slow
/// or has gone.
class EventStreams {
 public:
  /// Both must outlive it.
  EventStreams(loop::Loop& loop, deploy::Deployer& deployer);

  /// Begins the stream after event number `after` (Last-Event-ID). 204, which tells a browser to
  /// stop asking, when the stream's last event was seen already.
  void open(std::string_view deploy, std::uint64_t after, std::shared_ptr<Exchange> exchange);

  /// Sends what there is to send. Called whenever the deployer says that something changed.
  void pump();

 private:
  struct Follower {
    std::string deploy;
    std::uint64_t seen;
    std::shared_ptr<Exchange> exchange;
  };

  /// Whether the follower is done: gone, or at the end of its stream.
  [[nodiscard]] bool advance(Follower& follower);
  void send_comments();

  deploy::Deployer& deployer_;
  std::list<Follower> followers_;
  loop::Timer comments_;
  loop::Timer retry_;
};

}  // namespace ops::middleware
