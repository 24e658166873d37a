#include "deploy/deploy_machine.hpp"

#include <map>
#include <utility>

#include "catch.hpp"

using namespace ops::deploy;

namespace {

constexpr int stages = static_cast<int>(Stage::ended) + 1;
constexpr int inputs = static_cast<int>(Input::concluded) + 1;

using Transitions = std::map<std::pair<Stage, Input>, Step>;

bool same(const Step& a, const Step& b) { return a.stage == b.stage && a.actions == b.actions; }

// File work is stopped and waited for, whatever it comes to.
void add_cancelling(Transitions& table) {
  using S = Stage;
  using I = Input;
  const Step cancelling{S::cancelling, {Action::stop_work}};
  const Step failed{S::concluding, {Action::conclude_failed}};
  for (const Stage stage : {S::gathering, S::unpacking, S::accepting, S::preparing, S::hashing}) {
    table.insert({{stage, I::cancelled}, cancelling});
  }
  for (const Input end : {I::gathered, I::unknown_base, I::unpacked, I::prepared, I::received_noted,
                          I::hashed, I::serves_already, I::failed_before, I::trouble}) {
    table.insert({{S::cancelling, end}, failed});
  }
}

Transitions transitions(const Plan& plan) {
  using S = Stage;
  using I = Input;
  using A = Action;
  const Step refused{S::concluding, {A::conclude_refused}};
  const Step failed{S::concluding, {A::conclude_failed}};
  const Step unchanged{S::concluding, {A::conclude_unchanged}};
  const Step accepting{S::accepting, {A::note_received}};
  const Step hashing{S::hashing, {A::hash_tree}};
  const Step switching{S::switching, {A::publish_and_switch}};
  const Step refused_again{S::concluding, {A::refuse_failed_before, A::conclude_refused}};
  const Step failed_again{S::concluding, {A::fail_failed_before, A::conclude_failed}};
  const Step awaiting{S::awaiting, {A::await_rest, A::answer_missing}};
  const Step abandoned =
      plan.offered ? Step{S::ended, {A::discard, A::free_lock}} : Step{S::ended, {A::free_lock}};
  Transitions table{
      {{S::offering, I::body_complete}, {S::gathering, {A::gather}}},
      {{S::offering, I::body_abandoned}, {S::ended, {A::free_lock}}},
      {{S::offering, I::trouble}, refused},
      {{S::gathering, I::gathered}, awaiting},
      {{S::gathering, I::serves_already}, unchanged},
      {{S::gathering, I::failed_before}, plan.forced ? awaiting : refused_again},
      {{S::gathering, I::unknown_base}, {S::ended, {A::free_lock, A::answer_end}}},
      {{S::gathering, I::trouble}, refused},
      {{S::awaiting, I::rest_comes}, {S::receiving, {}}},
      {{S::awaiting, I::body_abandoned}, abandoned},
      {{S::awaiting, I::trouble}, refused},
      {{S::receiving, I::body_complete}, {S::unpacking, {A::unpack}}},
      {{S::receiving, I::body_abandoned}, abandoned},
      {{S::receiving, I::trouble}, refused},
      {{S::unpacking, I::unpacked}, accepting},
      {{S::unpacking, I::serves_already}, unchanged},
      {{S::unpacking, I::failed_before}, plan.forced ? accepting : refused_again},
      {{S::unpacking, I::trouble}, refused},
      {{S::accepting, I::received_noted}, {S::preparing, {A::answer_accepted, A::prepare}}},
      {{S::accepting, I::trouble}, refused},
      {{S::preparing, I::prepared}, plan.builds ? Step{S::building, {A::start_build}} : hashing},
      {{S::preparing, I::trouble}, failed},
      {{S::building, I::build_succeeded}, hashing},
      {{S::building, I::build_failed}, failed},
      {{S::building, I::build_time_over}, {S::stopping_build, {A::stop_build}}},
      {{S::building, I::trouble}, failed},
      {{S::stopping_build, I::build_succeeded}, failed},
      {{S::stopping_build, I::build_failed}, failed},
      {{S::stopping_build, I::trouble}, failed},
      {{S::hashing, I::hashed}, switching},
      {{S::hashing, I::serves_already}, unchanged},
      {{S::hashing, I::failed_before}, plan.forced ? switching : failed_again},
      {{S::hashing, I::trouble}, failed},
      {{S::switching, I::switched}, {S::serving, {A::tell_switched}}},
      {{S::switching, I::trouble}, failed},
      {{S::concluding, I::concluded}, {S::ended, {A::free_lock, A::answer_end}}},
      {{S::offering, I::cancelled}, refused},
      {{S::awaiting, I::cancelled}, refused},
      {{S::receiving, I::cancelled}, refused},
      {{S::building, I::cancelled}, {S::stopping_build, {A::stop_build}}},
  };
  add_cancelling(table);
  return table;
}

}  // namespace

TEST_CASE("every input in every stage does what the table says, and else nothing") {
  const Plan plan = GENERATE(Plan{}, Plan{.builds = true}, Plan{.forced = true},
                             Plan{.builds = true, .forced = true}, Plan{.offered = true},
                             Plan{.offered = true, .builds = true, .forced = true});
  const Transitions table = transitions(plan);
  for (int s = 0; s < stages; ++s) {
    for (int i = 0; i < inputs; ++i) {
      const auto stage = static_cast<Stage>(s);
      const auto input = static_cast<Input>(i);
      const auto known = table.find({stage, input});
      const Step expected = known == table.end() ? Step{stage, {}} : known->second;
      INFO("stage " << s << ", input " << i << ", offered " << plan.offered << ", builds "
                    << plan.builds << ", forced " << plan.forced);
      CHECK(same(advance(plan, stage, input), expected));
    }
  }
}

TEST_CASE("until it has switched, trouble in any stage ends a deploy") {
  for (int stage = 0; stage < static_cast<int>(Stage::serving); ++stage) {
    INFO("stage " << stage);
    CHECK(advance({}, static_cast<Stage>(stage), Input::trouble).stage == Stage::concluding);
  }
}

TEST_CASE("only the end frees the lock, and only a switch is told as one") {
  for (int s = 0; s < stages; ++s) {
    for (int i = 0; i < inputs; ++i) {
      const Step step =
          advance({.builds = true, .forced = true}, static_cast<Stage>(s), static_cast<Input>(i));
      for (const Action action : step.actions) {
        INFO("stage " << s << ", input " << i);
        if (action == Action::free_lock) CHECK(step.stage == Stage::ended);
        if (action == Action::tell_switched) CHECK(step.stage == Stage::serving);
      }
    }
  }
}
