#include "deploy/roll_back.hpp"

namespace ops::deploy {
namespace {

Refused not_there(const std::string& id) {
  return {RefusalKind::no_such_release, "there is no release " + id + " to go back to"};
}

}  // namespace

Result<std::string, Refused> rollback_target(const release::ReleaseStore& store,
                                             std::string_view to) {
  const auto previous = store.previous();
  if (to == "previous" && !previous) {
    return Refused{RefusalKind::no_such_release, "there is no previous release to go back to"};
  }
  const std::string id = to == "previous" ? *previous : std::string(to);
  const auto history = store.history();
  if (!history) return refused_by(history.error());
  const auto current = store.current();
  if (!current) return refused_by(current.error());
  if (!store.has(id)) return not_there(id);
  if (*current == id)
    return Refused{RefusalKind::already_active, "release " + id + " serves already"};
  if (history->standing(id) == release::Standing::healthy) return id;
  if (history->standing(id) == release::Standing::failed) {
    return Refused{RefusalKind::no_such_release,
                   "release " + id +
                       " failed its latest trial, so there is no going back to it: deploy it again "
                       "by force (ops deploy quick --force)"};
  }
  return Refused{RefusalKind::no_such_release,
                 "release " + id + " was never healthy, so there is no going back to it"};
}

}  // namespace ops::deploy
