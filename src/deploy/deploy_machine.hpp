#pragma once

#include <vector>

namespace ops::deploy {

/// Where a deploy stands. The usual way is from top to bottom; an end before `serving` goes through
/// `concluding`, where it is noted and the staged tree removed.
enum class Stage {
  offering,        // what is to be deployed is being told
  gathering,       // that is told: what of it is here is staged
  awaiting,        // the rest is to come
  receiving,       // the archive comes, of all or of the rest
  unpacking,       // it is complete: scanned, unpacked and hashed
  accepting,       // it will be deployed: noted in the journal, then answered
  preparing,       // carried and shared paths are put in
  building,        // the build command runs
  stopping_build,  // its time was over; it is being stopped
  hashing,         // the built tree gets its content hash
  cancelling,      // somebody wants it no more; the step that runs is to come to its end
  switching,       // published, then `current` points to it
  serving,         // switched; the supervisor judges it from here on
  concluding,
  ended,
};

/// What happened to it. Any of these may come in any stage, also late.
enum class Input {
  body_complete,
  body_abandoned,  // the client went away, or the server gave up on it
  gathered,
  unknown_base,  // what it is offered against is not known here: the client offers everything
  rest_comes,
  unpacked,
  prepared,
  received_noted,
  build_succeeded,
  build_failed,
  build_time_over,
  hashed,
  serves_already,  // what was unpacked or built is what serves
  failed_before,   // what was unpacked or built failed its trial once
  switched,
  cancelled,
  trouble,    // the step could not be done; the deploy knows why
  concluded,  // noted and cleaned up
};

/// What is to be done. Those that take time answer with an Input.
enum class Action {
  gather,
  answer_missing,
  await_rest,
  unpack,
  note_received,
  answer_accepted,
  prepare,
  start_build,
  stop_build,
  stop_work,
  hash_tree,
  publish_and_switch,
  tell_switched,
  conclude_refused,    // not taken, for the reason that is known
  conclude_failed,     // taken, and failed for the reason that is known
  conclude_unchanged,  // nothing to do
  discard,             // what was staged, without a word
  refuse_failed_before,
  fail_failed_before,
  free_lock,
  answer_end,  // to the one who still waits for an answer
};

/// What does not change while a deploy runs.
struct Plan {
  bool offered = false;  // file by file, before anything was sent
  bool builds = false;   // there is a build command
  bool forced = false;   // that it failed before does not matter
};

struct Step {
  Stage stage;
  std::vector<Action> actions;
};

/// The life of a deploy. An input that means nothing in a stage leaves it as it is.
[[nodiscard]] Step advance(const Plan& plan, Stage stage, Input input);

}  // namespace ops::deploy
