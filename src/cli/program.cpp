#include "cli/program.hpp"

#include <algorithm>

#include "cli/command_table.hpp"
#include "cli/help.hpp"
#include "cli/suggestion.hpp"
#include "ops/version.hpp"

namespace ops::cli {
namespace {

using Words = std::vector<std::string_view>;

bool asks_for_help(const std::string& word) {
  return word == "-h" || word == "--help" || word == "help";
}

Words groups() {
  Words names;
  for (const Command& command : command_table()) {
    if (names.empty() || names.back() != command.group) names.push_back(command.group);
  }
  return names;
}

Words names_in(std::string_view group) {
  Words names;
  for (const Command& command : command_table()) {
    if (command.group == group) names.push_back(command.name);
  }
  return names;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

// "there is no command "quik" in deploy; did you mean quick?"
std::string unknown_word(const std::string& what, const std::string& typed, const Words& known) {
  const std::string_view near = suggestion(typed, known);
  const std::string hint =
      near.empty() ? "there are " + joined(known) : "did you mean " + std::string(near) + "?";
  return "there is no " + what + " \"" + typed + "\"; " + hint;
}

const Command* find_command(std::string_view group, std::string_view name) {
  const auto commands = command_table();
  const auto found = std::ranges::find_if(commands, [group, name](const Command& command) {
    return command.group == group && command.name == name;
  });
  return found == commands.end() ? nullptr : &*found;
}

// What CLI11 finds wrong, in the words of this program.
std::string in_own_words(const std::string& problem) {
  const std::string name = problem.substr(0, problem.find_first_of(": "));
  if (problem.ends_with(" missing")) return name + " needs a value";
  if (problem.find(": At Most 1 ") != std::string::npos) return name + " may be given once";
  if (problem.ends_with(" disallowed flag override")) return "--" + name + " takes no value";
  return problem;
}

ExitCode run_command(const Command& command, std::vector<std::string> arguments, Stage& stage) {
  const std::string whole = "ops " + std::string(command.group) + " " + std::string(command.name);
  const std::string see_help = " (see `" + whole + " --help`)";
  CLI::App app(std::string(command.summary), whole);
  app.set_help_flag("-h,--help", "print this help");
  const Action action = command.declare(app);
  std::ranges::reverse(arguments);  // that is the order in which CLI11 takes them
  app.allow_extras();
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    stage.console.result(help_of(command, app));
    return ExitCode::done;
  } catch (const CLI::ParseError& error) {
    return usage_problem(stage, in_own_words(error.what()) + see_help);
  }
  if (const auto extra = app.remaining(); !extra.empty()) {
    const bool option = extra.front().starts_with('-');
    const std::string what = option ? "unknown option " : "unexpected argument ";
    return usage_problem(stage, what + extra.front() + see_help);
  }
  return action(stage);
}

ExitCode run_in_group(const std::vector<std::string>& arguments, Stage& stage) {
  const std::string& group = arguments.front();
  if (arguments.size() == 1) {
    return usage_problem(stage, group + " needs a command: " + joined(names_in(group)));
  }
  const std::string& name = arguments.at(1);
  if (asks_for_help(name)) {
    stage.console.result(overview(group));
    return ExitCode::done;
  }
  const Command* const command = find_command(group, name);
  if (command == nullptr) {
    return usage_problem(stage, unknown_word(group + " command", name, names_in(group)));
  }
  return run_command(*command, {arguments.begin() + 2, arguments.end()}, stage);
}

ExitCode run_words(const std::vector<std::string>& arguments, Stage& stage) {
  if (arguments.empty() || asks_for_help(arguments.front())) {
    stage.console.result(overview());
    return ExitCode::done;
  }
  const std::string& first = arguments.front();
  if (first == "--version") {
    stage.console.result("ops " + std::string(version) + "\n");
    return ExitCode::done;
  }
  if (first.starts_with('-')) {
    return usage_problem(stage, "unknown option " + first + "; options follow the command");
  }
  if (names_in(first).empty()) {
    return usage_problem(stage, unknown_word("group of commands", first, groups()));
  }
  return run_in_group(arguments, stage);
}

}  // namespace

ExitCode run_program(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  Console console(surroundings);
  // Whatever is wrong with the rest of the line, who wants JSON gets it.
  const bool json = std::ranges::find(arguments, "--json") != arguments.end();
  Stage stage{surroundings, console, json ? Form::json : Form::text};
  const ExitCode code = run_words(arguments, stage);
  return code == ExitCode::done && console.has_lost() ? ExitCode::other : code;
}

}  // namespace ops::cli
