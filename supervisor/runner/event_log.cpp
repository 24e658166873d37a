#include "supervisor/runner/event_log.hpp"

#include <cstring>
#include <string>

namespace ops::supervisor::runner {
namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? name : std::to_string(signal);
}

/// One member an event: a new event does not compile until it is told here.
class Teller {
 public:
  explicit Teller(base::Log& log) : log_(log) {}

  void operator()(const Listening& event) const {
    log_.info("listening", {{"address", event.address}, {"name", event.name}});
  }
  void operator()(const Started& event) const {
    const std::string pid = std::to_string(event.pid);
    const std::string restarts = std::to_string(event.restarts);
    if (event.release.empty()) {
      log_.info("started", {{"pid", pid}, {"restarts", restarts}});
    } else {
      log_.info("started", {{"pid", pid}, {"restarts", restarts}, {"release", event.release}});
    }
  }
  void operator()(const StartFailed& event) const {
    log_.error(event.reason, {{"status", std::to_string(event.status)}});
  }
  void operator()(const Ready& event) const {
    log_.info("ready", {{"pid", std::to_string(event.pid)}});
  }
  void operator()(const NotReady& event) const {
    log_.warning("not ready in time: it is told to end", {{"pid", std::to_string(event.pid)}});
  }
  void operator()(const NotReplaced& event) const {
    log_.warning("the next instance does not take over: the one before serves on",
                 {{"pid", std::to_string(event.pid)}, {"serving", std::to_string(event.serving)}});
  }
  void operator()(const WatchdogExpired& event) const {
    log_.error("no sign of life in time: it is aborted", {{"pid", std::to_string(event.pid)}});
  }
  void operator()(const Exited& event) const {
    const std::string pid = std::to_string(event.pid);
    if (event.signal != 0) {
      log_.info("ended", {{"pid", pid}, {"signal", signal_name(event.signal)}});
    } else {
      log_.info("ended", {{"pid", pid}, {"code", std::to_string(event.code)}});
    }
  }
  void operator()(const Signalled& event) const {
    log_.info("signal sent",
              {{"signal", signal_name(event.signal)}, {"pid", std::to_string(event.pid)}});
  }
  void operator()(const Killed& event) const {
    log_.warning("process group killed", {{"pid", std::to_string(event.pid)}});
  }
  void operator()(const Delayed& event) const {
    log_.info("next start waits", {{"milliseconds", std::to_string(event.delay.count())}});
  }
  void operator()(const AwaitingLock& event) const {
    log_.warning("waiting: the releases are locked",
                 {{"deploy", event.deploy}, {"phase", event.phase}});
  }
  void operator()(const TrialStarted& event) const {
    log_.info("release on trial", {{"release", event.release}});
  }
  void operator()(const TrialPassed& event) const {
    log_.info("release is healthy", {{"release", event.release}});
  }
  void operator()(const TrialFailed& event) const {
    log_.error("release failed its trial",
               {{"release", event.release}, {"reason", event.reason}, {"back_to", event.back_to}});
  }
  void operator()(const Warning& event) const { log_.warning(event.message); }
  void operator()(const CannotBegin& event) const { log_.error(event.message); }
  void operator()(const Ended& event) const {
    log_.debug("ending", {{"status", std::to_string(event.status)}});
  }

 private:
  base::Log& log_;
};

}  // namespace

void log_event(base::Log& log, const Event& event) { std::visit(Teller(log), event); }

}  // namespace ops::supervisor::runner
