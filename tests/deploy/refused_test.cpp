#include "deploy/refused.hpp"

#include "catch.hpp"
#include "deploy/deploy_state.hpp"

using namespace ops::deploy;
using ops::archive::Refusal;
using ops::archive::Rule;

TEST_CASE("an archive's refusal names the rule and keeps its sentence") {
  const Refused refused =
      refused_by(ops::archive::ZipFailure(Refusal{Rule::bad_name, "../x", "../x leads out"}));
  CHECK(refused.kind == RefusalKind::archive_refused);
  CHECK(refused.message == "bad-name: ../x leads out");
}

TEST_CASE("what is no zip, and what is too large, are refusals of their own") {
  const auto kind = [](Rule rule) {
    return refused_by(ops::archive::ZipFailure(Refusal{rule, "", ""})).kind;
  };
  CHECK(kind(Rule::not_a_zip) == RefusalKind::not_a_zip);
  CHECK(kind(Rule::too_large) == RefusalKind::too_large);
  CHECK(kind(Rule::too_many_entries) == RefusalKind::too_large);
  CHECK(kind(Rule::empty) == RefusalKind::archive_refused);
}

TEST_CASE("a full disk or quota is no space, any other trouble is the machine's") {
  const auto kind = [](int number) {
    return refused_by(ops::Error{"cannot", std::error_code(number, std::generic_category())}).kind;
  };
  CHECK(kind(ENOSPC) == RefusalKind::no_space);
  CHECK(kind(EDQUOT) == RefusalKind::no_space);
  CHECK(kind(EIO) == RefusalKind::broken);
  CHECK(refused_by(ops::Error{"cannot"}).kind == RefusalKind::broken);
}

TEST_CASE("states have the names of the outside, and four of them are ends") {
  CHECK(name(DeployState::rolled_back) == "rolled-back");
  CHECK(name(DeployState::queued) == "queued");
  int ends = 0;
  for (int state = 0; state <= static_cast<int>(DeployState::unchanged); ++state) {
    ends += is_end(static_cast<DeployState>(state)) ? 1 : 0;
  }
  CHECK(ends == 4);
  CHECK_FALSE(is_end(DeployState::starting));
  CHECK(is_end(DeployState::running));
}
