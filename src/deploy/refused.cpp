#include "deploy/refused.hpp"

namespace ops::deploy {
namespace {

RefusalKind kind_of(archive::Rule rule) {
  if (rule == archive::Rule::not_a_zip) return RefusalKind::not_a_zip;
  const bool size = rule == archive::Rule::too_large || rule == archive::Rule::too_many_entries;
  return size ? RefusalKind::too_large : RefusalKind::archive_refused;
}

}  // namespace

std::string_view code(RefusalKind kind) {
  switch (kind) {
    case RefusalKind::busy:
      return "deploy-running";
    case RefusalKind::too_large:
      return "too-large";
    case RefusalKind::not_a_zip:
      return "not-a-zip";
    case RefusalKind::wrong_digest:
      return "wrong-digest";
    case RefusalKind::archive_refused:
      return "archive-refused";
    case RefusalKind::failed_before:
      return "release-failed-before";
    case RefusalKind::no_such_release:
      return "no-such-release";
    case RefusalKind::already_active:
      return "already-active";
    case RefusalKind::no_space:
      return "no-space";
    case RefusalKind::bad_offer:
      return "bad-manifest";
    case RefusalKind::unknown_base:
      return "unknown-base";
    case RefusalKind::not_awaited:
      return "not-awaited";
    case RefusalKind::key_reused:
      return "idempotency-key-reused";
    case RefusalKind::no_such_deploy:
      return "no-such-deploy";
    case RefusalKind::too_late:
      return "too-late";
    case RefusalKind::cancelled:
      return "cancelled";
    case RefusalKind::overdue:
      return "upload-overdue";
    case RefusalKind::leaving:
      return "shutting-down";
    case RefusalKind::build_failed:
      return "build-failed";
    case RefusalKind::broken:
      return "internal-error";
  }
  return "internal-error";
}

Refused offer_too_large(std::size_t limit) {
  return {RefusalKind::too_large, "the list of files is larger than the " + std::to_string(limit) +
                                      " bytes that are taken: send an archive of all"};
}

Refused refused_by(const Error& error) {
  // A quota is no different for the one who must act.
  const bool full = error.reason == std::errc::no_space_on_device ||
                    error.reason == std::error_code(EDQUOT, std::generic_category());
  return {full ? RefusalKind::no_space : RefusalKind::broken, error.message};
}

Refused refused_by(const archive::ZipFailure& failure) {
  if (const auto* error = std::get_if<Error>(&failure)) return refused_by(*error);
  const auto& refusal = std::get<archive::Refusal>(failure);
  return {kind_of(refusal.rule), std::string(code(refusal.rule)) + ": " + refusal.message};
}

}  // namespace ops::deploy
