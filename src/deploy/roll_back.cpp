#include "deploy/roll_back.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

namespace ops::deploy {
namespace {

Refused not_there(const std::string& id) {
  return {RefusalKind::no_such_release, "there is no release " + id + " to go back to"};
}

std::optional<std::size_t> steps_in(std::string_view to) {
  if (!to.starts_with("@{") || !to.ends_with("}")) return std::nullopt;
  to.remove_prefix(2);
  to.remove_suffix(1);
  std::size_t steps = 0;
  const auto [end, failure] = std::from_chars(to.data(), to.data() + to.size(), steps);
  if (failure != std::errc() || end != to.data() + to.size()) return std::nullopt;
  return steps;
}

// So many healthy releases before the current one, of those that are still there.
std::optional<std::string> before(const release::ReleaseStore& store,
                                  const release::History& history, const std::string& current,
                                  std::size_t steps) {
  std::string id = current;
  while (steps > 0) {
    if (id == release::image_id) return std::nullopt;
    id = history.healthy_before(id);
    if (store.has(id)) --steps;
  }
  return id;
}

Result<std::string, Refused> meant_by(const release::ReleaseStore& store,
                                      const release::History& history, const std::string& current,
                                      std::string_view to) {
  if (to == "previous") {
    if (const auto previous = store.previous()) return *previous;
    return Refused{RefusalKind::no_such_release, "there is no previous release to go back to"};
  }
  const auto steps = steps_in(to);
  if (!steps) return std::string(to);
  if (auto id = before(store, history, current, *steps)) return *std::move(id);
  return Refused{RefusalKind::no_such_release,
                 "there are no " + std::to_string(*steps) + " releases to go back over"};
}

}  // namespace

Result<std::string, Refused> rollback_target(const release::ReleaseStore& store,
                                             std::string_view to) {
  const auto history = store.history();
  if (!history) return refused_by(history.error());
  const auto current = store.current();
  if (!current) return refused_by(current.error());
  auto meant = meant_by(store, *history, *current, to);
  if (!meant) return meant.error();
  const std::string id = std::move(meant).value();
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
