#include "cli/connection.hpp"

#include "client/device_id.hpp"
#include "client/server_url.hpp"

namespace ops::cli {

client::Credentials credentials_for(const Settings& settings, const Surroundings& surroundings) {
  return {.user = settings.user,
          .device = client::device_id(),
          .password = [name = settings.name, &surroundings] {
            return read_password(name, surroundings);
          }};
}

void warn_if_unencrypted(Stage& stage, const Settings& settings) {
  if (settings.url.starts_with("https:") || client::is_this_machine(settings.url)) return;
  stage.console.note("warning: the password goes to " + settings.url +
                     " unencrypted; use https where others can listen");
}

std::string remedy(const client::Failure& failure, const Settings& settings,
                   const Surroundings& surroundings) {
  using client::FailureKind;
  if (failure.kind == FailureKind::unreachable) {
    return "is a server running there? --url, or \"url\" in ops.json, names another";
  }
  if (failure.kind != FailureKind::not_authorised) return {};
  const auto source = password_source(settings.name, surroundings);
  if (source) return "signed in as " + settings.user + " with the password from " + *source;
  return "the variables begin with the application's name: \"name\" in ops.json, or else the name "
         "of "
         "the directory";
}

ExitCode report_failure(Stage& stage, const Settings& settings, const client::Failure& failure) {
  const ExitCode code = fail(stage, exit_code(failure.kind), failure.message);
  const std::string what_to_do = remedy(failure, settings, stage.surroundings);
  if (!what_to_do.empty()) stage.console.note("  " + what_to_do);
  return code;
}

}  // namespace ops::cli
