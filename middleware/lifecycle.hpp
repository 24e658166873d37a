#pragma once

#include <vector>

namespace ops::middleware {

// The life of an app's process, as a pure function. It only ever goes forward.
//
//   starting --told_ready--> ready --told_to_end, release_switched--> draining
//       |                                                                ^
//       +---------told_to_end, release_switched--------------------------+
//
// Where a successor comes beside it, release_switched changes nothing: it serves until told_to_end.
enum class Phase {
  starting,  // listening, but not fit to serve
  ready,
  draining,  // finishing what it has begun; takes nothing new
};

/// How the process makes room for the one that is to serve another release.
enum class Succession {
  end_first,  // it drains and exits with the restart code; the next one is started then
  beside,     // it asks for the next one, and serves until it is told to end
};

/// From when on it accepts connections.
enum class Acceptance {
  at_once,
  when_ready,  // until then another process may be serving on the same sockets
};

struct LifeRules {
  Succession succession = Succession::end_first;
  Acceptance acceptance = Acceptance::at_once;
};

enum class LifeEvent {
  listening,         // the sockets are there
  told_ready,        // the app can serve
  told_to_end,       // TERM, INT
  release_switched,  // another release is to serve
  cannot_ask,        // for a successor: there is nobody to ask
};

enum class LifeAction {
  accept,                  // on whatever sockets there are
  tell_ready,              // to the supervisor
  hand_over,               // the lock of the releases, to whoever judges the new one
  ask_for_successor,       // may answer with cannot_ask
  exit_with_restart_code,  // once all is over
  tell_stopping,
  drain,
};

struct LifeStep {
  Phase phase;
  std::vector<LifeAction> actions;
};

/// An event that means nothing in a phase leaves it as it is: a late word from a slow start, a
/// second TERM. Once told to end, the exit status stays 0: the supervisor would not start the app
/// again anyway.
[[nodiscard]] LifeStep advance(const LifeRules& rules, Phase phase, LifeEvent event);

}  // namespace ops::middleware
