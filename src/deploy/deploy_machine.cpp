#include "deploy/deploy_machine.hpp"

namespace ops::deploy {
namespace {

// An upload that breaks off is nothing that happened.
Step abandoned(const Plan& plan) {
  if (plan.offered) return {Stage::ended, {Action::discard, Action::free_lock}};
  return {Stage::ended, {Action::free_lock}};
}

// Nobody's step runs: it can end at once.
bool ends_it(Input input) { return input == Input::trouble || input == Input::cancelled; }

// File work is not left alone with the tree: it is told to stop, and its outcome waited for.
Step stopping_work() { return {Stage::cancelling, {Action::stop_work}}; }

Step from_offering(Input input) {
  if (input == Input::body_complete) return {Stage::gathering, {Action::gather}};
  if (input == Input::body_abandoned) return {Stage::ended, {Action::free_lock}};
  if (ends_it(input)) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::offering, {}};
}

Step from_gathering(const Plan& plan, Input input) {
  if (input == Input::cancelled) return stopping_work();
  if (input == Input::failed_before && !plan.forced) {
    return {Stage::concluding, {Action::refuse_failed_before, Action::conclude_refused}};
  }
  if (input == Input::gathered || input == Input::failed_before) {
    return {Stage::awaiting, {Action::await_rest, Action::answer_missing}};
  }
  // A question, and no deploy yet.
  if (input == Input::unknown_base) return {Stage::ended, {Action::free_lock, Action::answer_end}};
  if (input == Input::serves_already) return {Stage::concluding, {Action::conclude_unchanged}};
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::gathering, {}};
}

Step from_awaiting(const Plan& plan, Input input) {
  if (input == Input::rest_comes) return {Stage::receiving, {}};
  if (input == Input::body_abandoned) return abandoned(plan);
  if (ends_it(input)) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::awaiting, {}};
}

Step from_receiving(const Plan& plan, Input input) {
  if (input == Input::body_complete) return {Stage::unpacking, {Action::unpack}};
  if (input == Input::body_abandoned) return abandoned(plan);
  if (ends_it(input)) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::receiving, {}};
}

Step from_unpacking(const Plan& plan, Input input) {
  if (input == Input::cancelled) return stopping_work();
  if (input == Input::failed_before && !plan.forced) {
    return {Stage::concluding, {Action::refuse_failed_before, Action::conclude_refused}};
  }
  if (input == Input::unpacked || input == Input::failed_before) {
    return {Stage::accepting, {Action::note_received}};
  }
  if (input == Input::serves_already) return {Stage::concluding, {Action::conclude_unchanged}};
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::unpacking, {}};
}

Step from_accepting(Input input) {
  if (input == Input::cancelled) return stopping_work();
  if (input == Input::received_noted) {
    return {Stage::preparing, {Action::answer_accepted, Action::prepare}};
  }
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_refused}};
  return {Stage::accepting, {}};
}

Step from_preparing(const Plan& plan, Input input) {
  if (input == Input::cancelled) return stopping_work();
  if (input == Input::prepared && plan.builds) return {Stage::building, {Action::start_build}};
  if (input == Input::prepared) return {Stage::hashing, {Action::hash_tree}};
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_failed}};
  return {Stage::preparing, {}};
}

Step from_building(Input input) {
  if (input == Input::build_succeeded) return {Stage::hashing, {Action::hash_tree}};
  if (input == Input::build_time_over || input == Input::cancelled) {
    return {Stage::stopping_build, {Action::stop_build}};
  }
  if (input == Input::build_failed || input == Input::trouble) {
    return {Stage::concluding, {Action::conclude_failed}};
  }
  return {Stage::building, {}};
}

// However it ends now, it was too slow, or is wanted no more.
Step from_stopping_build(Input input) {
  if (input == Input::build_succeeded || input == Input::build_failed || input == Input::trouble) {
    return {Stage::concluding, {Action::conclude_failed}};
  }
  return {Stage::stopping_build, {}};
}

bool ends_file_work(Input input) {
  return input == Input::gathered || input == Input::unknown_base || input == Input::unpacked ||
         input == Input::prepared || input == Input::received_noted || input == Input::hashed ||
         input == Input::serves_already || input == Input::failed_before || input == Input::trouble;
}

// Whatever the step came to.
Step from_cancelling(Input input) {
  if (ends_file_work(input)) return {Stage::concluding, {Action::conclude_failed}};
  return {Stage::cancelling, {}};
}

Step from_hashing(const Plan& plan, Input input) {
  if (input == Input::cancelled) return stopping_work();
  if (input == Input::failed_before && !plan.forced) {
    return {Stage::concluding, {Action::fail_failed_before, Action::conclude_failed}};
  }
  if (input == Input::hashed || input == Input::failed_before) {
    return {Stage::switching, {Action::publish_and_switch}};
  }
  if (input == Input::serves_already) return {Stage::concluding, {Action::conclude_unchanged}};
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_failed}};
  return {Stage::hashing, {}};
}

Step from_switching(Input input) {
  if (input == Input::switched) return {Stage::serving, {Action::tell_switched}};
  if (input == Input::trouble) return {Stage::concluding, {Action::conclude_failed}};
  return {Stage::switching, {}};
}

Step from_concluding(Input input) {
  if (input == Input::concluded) return {Stage::ended, {Action::free_lock, Action::answer_end}};
  return {Stage::concluding, {}};
}

}  // namespace

Step advance(const Plan& plan, Stage stage, Input input) {
  switch (stage) {
    case Stage::offering:
      return from_offering(input);
    case Stage::gathering:
      return from_gathering(plan, input);
    case Stage::awaiting:
      return from_awaiting(plan, input);
    case Stage::receiving:
      return from_receiving(plan, input);
    case Stage::unpacking:
      return from_unpacking(plan, input);
    case Stage::accepting:
      return from_accepting(input);
    case Stage::preparing:
      return from_preparing(plan, input);
    case Stage::building:
      return from_building(input);
    case Stage::stopping_build:
      return from_stopping_build(input);
    case Stage::hashing:
      return from_hashing(plan, input);
    case Stage::cancelling:
      return from_cancelling(input);
    case Stage::switching:
      return from_switching(input);
    case Stage::concluding:
      return from_concluding(input);
    case Stage::serving:
    case Stage::ended:
      return {stage, {}};
  }
  return {stage, {}};
}

}  // namespace ops::deploy
