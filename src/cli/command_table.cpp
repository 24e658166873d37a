#include "cli/command_table.hpp"

#include <array>

namespace ops::cli {
namespace {

constexpr std::array<Command, 7> commands{{
    {"deploy", "quick", "send this directory to a running server and wait until it serves it",
     "ops deploy quick\n"
     "ops deploy quick --profile production --json\n"
     "ops deploy quick --force          # although this release failed before",
     declare_deploy_quick},
    {"deploy", "zip", "write the zip that `deploy quick` would send",
     "ops deploy zip -o hello.zip\n"
     "ops deploy zip --list             # only show what belongs to it",
     declare_deploy_zip},
    {"deploy", "history", "list the releases a server knows",
     "ops deploy history\n"
     "ops deploy history --json",
     declare_deploy_history},
    {"deploy", "rollback", "switch back to a release that was healthy, and wait until it serves",
     "ops deploy rollback               # to the previous one\n"
     "ops deploy rollback 8d02e5af6611\n"
     "ops deploy rollback image         # to what the container image ships",
     declare_deploy_rollback},
    {"tool", "post", "send a POST request, signed in where the path is an admin's",
     "ops tool post /admin/maintenance --data '{\"on\":true}'\n"
     "ops tool post /api/trips --data @trip.json\n"
     "ops tool post /api/trips --data - < trip.json",
     declare_tool_post},
    {"tool", "authenticate", "sign in and print the headers of an authorised request",
     "ops tool authenticate\n"
     "ops tool authenticate --json",
     declare_tool_authenticate},
    {"audit", "verify", "check that no line of a server's journal was changed or taken out",
     "ops audit verify                  # releases/releases.log below this directory\n"
     "ops audit verify /srv/releases/releases.log --json",
     declare_audit_verify},
}};

}  // namespace

std::span<const Command> command_table() { return commands; }

}  // namespace ops::cli
