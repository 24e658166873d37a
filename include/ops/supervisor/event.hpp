#pragma once

#include <chrono>
#include <string>
#include <variant>

namespace ops::supervisor {

// What happens while an app is supervised, for a log or a screen. An event tells what was done; it
// asks for nothing.

/// A socket is open; `address` names the port that 0 became.
struct Listening {
  std::string name;
  std::string address;
};
/// The app runs. `restarts` is 0 the first time.
struct Started {
  long pid;
  unsigned long restarts;
  std::string release;  // empty without releases
};
/// Nothing was started; `status` is what a shell would call it.
struct StartFailed {
  std::string reason;
  int status;
};
struct Ready {
  long pid;
};
/// The instance `pid` will not serve; the one before it, `serving`, goes on.
struct NotReplaced {
  long pid;  // 0 where it was not even started
  long serving;
};
/// It sent no sign of life for too long and is aborted.
struct WatchdogExpired {
  long pid;
};
/// It was not ready in time and is told to end.
struct NotReady {
  long pid;
};
/// The app has ended: by itself with a code, or by a signal (else 0).
struct Exited {
  long pid;
  int code;
  int signal;
};
/// A signal was sent to the app.
struct Signalled {
  long pid;
  int signal;
};
/// The app's whole group was killed.
struct Killed {
  long pid;
};
/// The next start waits.
struct Delayed {
  std::chrono::milliseconds delay;
};
/// Somebody else changes the releases; the start waits until he is done.
struct AwaitingLock {
  std::string deploy;
  std::string phase;
};
struct TrialStarted {
  std::string release;
};
struct TrialPassed {
  std::string release;
};
/// The release failed; `back_to` serves from now on.
struct TrialFailed {
  std::string release;
  std::string reason;
  std::string back_to;
};
/// Something could not be done, and the app is kept running all the same.
struct Warning {
  std::string message;
};
/// Supervising cannot even begin.
struct CannotBegin {
  std::string message;
};
/// The last event. Nothing runs any more; `status` is what run() returns.
struct Ended {
  int status;
};

using Event = std::variant<Listening, Started, StartFailed, Ready, NotReady, NotReplaced,
                           WatchdogExpired, Exited, Signalled, Killed, Delayed, AwaitingLock,
                           TrialStarted, TrialPassed, TrialFailed, Warning, CannotBegin, Ended>;

}  // namespace ops::supervisor
