#include "cli/help.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include "cli/command_table.hpp"

namespace ops::cli {
namespace {

constexpr std::size_t column = 26;

constexpr std::string_view surroundings_help =
    "Settings come from flags, the environment and ops.json, the strongest first. For an\n"
    "application with the \"name\" hello in ops.json:\n"
    "  HELLO_DEPLOYBOT_PWD       the password\n"
    "  HELLO_DEPLOYBOT_PWD_FILE  or the file that holds it\n"
    "  HELLO_CONFIG              the profile of ops.json\n";

constexpr std::string_view exit_codes_help =
    "Exit codes:\n"
    "    0  done and verified, or already so\n"
    "    1  any other error\n"
    "    2  wrong usage or settings\n"
    "   10  not authorised\n"
    "   11  another deploy is running\n"
    "   12  the build failed\n"
    "   13  the release was not ready: rolled back\n"
    "   14  the platform rolled back\n"
    "   15  timed out: what became of it is not known\n"
    "   16  the archive was refused\n"
    "   17  the server does not serve what was deployed\n"
    "  130  interrupted\n";

// "  left        right".
std::string line(std::string left, std::string_view right) {
  left.insert(0, "  ");
  left.resize(std::max(left.size() + 1, column), ' ');
  return left + std::string(right) + "\n";
}

std::string list_of_commands(std::string_view group) {
  std::string list;
  for (const Command& command : command_table()) {
    if (!group.empty() && command.group != group) continue;
    list += line("ops " + std::string(command.group) + " " + std::string(command.name),
                 command.summary);
  }
  return list;
}

// "-o, --output FILE"; of an argument "PATH".
std::string signature(const CLI::Option& option) {
  if (option.get_positional()) return option.get_type_name();
  std::string text;
  for (const std::string& name : option.get_snames()) text += "-" + name + ", ";
  for (const std::string& name : option.get_lnames()) text += "--" + name;
  const bool takes_value = option.get_items_expected_max() > 0;
  return takes_value ? text + " " + option.get_type_name() : text;
}

std::string list_of_options(const CLI::App& app, const std::string& group) {
  std::string list;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() != group) continue;
    list += line(signature(*option), option->get_description());
  }
  return list;
}

std::string usage(const CLI::App& app) {
  std::string text = app.get_name() + " [options]";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_type_name();
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

}  // namespace

std::string overview(std::string_view group) {
  const std::string_view named = group.empty() ? "<group>" : group;
  return "ops: deploys to a running server, and sees that it serves\n\n"
         "Usage: ops " +
         std::string(named) + " <command> [options]\n\n" + list_of_commands(group) +
         "\n`ops <group> <command> --help` explains a command; `ops --version` tells the "
         "version.\n\n" +
         std::string(surroundings_help) + "\n" + std::string(exit_codes_help);
}

std::string help_of(const Command& command, const CLI::App& app) {
  std::string text = app.get_name() + ": " + app.get_description() + "\n\nUsage: " + usage(app);
  text += "\n";
  for (const std::string group : {arguments_group, "Options", settings_group}) {
    const std::string list = list_of_options(app, group);
    if (!list.empty()) text += "\n" + group + ":\n" + list;
  }
  text += "\nExamples:\n";
  std::istringstream lines{std::string(command.examples)};
  for (std::string example; std::getline(lines, example);) text += "  " + example + "\n";
  return text + "\n`ops --help` lists the environment variables and the exit codes.\n";
}

}  // namespace ops::cli
