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

ExitCode report_failure(Stage& stage, const Settings& settings, const client::Failure& failure) {
  stage.console.problem(failure.message);
  if (failure.kind == client::FailureKind::not_authorised) {
    stage.console.note("  the password is that of " + settings.user + " in " +
                       variable_name(settings.name, "_DEPLOYBOT_PWD"));
  }
  return exit_code(failure.kind);
}

}  // namespace ops::cli
