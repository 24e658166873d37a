#include "cli/program.hpp"

#include <sstream>

#include "catch.hpp"
#include "cli/cli_run.hpp"
#include "ops/version.hpp"

using ops::cli::ExitCode;

TEST_CASE("ops alone, help and the version are answered on stdout") {
  CliRun ops;
  CHECK(ops({}) == ExitCode::done);
  CHECK(contains(ops.out, "ops deploy quick"));
  const std::string overview = ops.out;
  for (const char* word : {"--help", "-h", "help"}) {
    CHECK(ops({word}) == ExitCode::done);
    CHECK(ops.out == overview);
  }
  CHECK(ops({"--version"}) == ExitCode::done);
  CHECK(ops.out == "ops " + std::string(ops::version) + "\n");
  CHECK(ops.err.empty());
}

TEST_CASE("every command explains itself with examples") {
  CliRun ops;
  for (const auto& [group, name] :
       std::vector<std::pair<std::string, std::string>>{{"deploy", "quick"},
                                                        {"deploy", "zip"},
                                                        {"deploy", "history"},
                                                        {"deploy", "rollback"},
                                                        {"tool", "post"},
                                                        {"tool", "authenticate"}}) {
    INFO(group << " " << name);
    CHECK(ops({group, name, "--help"}) == ExitCode::done);
    CHECK(contains(ops.out, "Usage: ops " + group + " " + name));
    CHECK(contains(ops.out, "Examples:\n  ops " + group + " " + name));
    CHECK(contains(ops.out, "--url"));
    CHECK(ops({group, "--help"}) == ExitCode::done);
    CHECK(contains(ops.out, "ops " + group + " " + name));
  }
}

TEST_CASE("the help of a group is about that group") {
  CliRun ops;
  CHECK(ops({"tool", "--help"}) == ExitCode::done);
  CHECK(contains(ops.out, "Usage: ops tool <command> [options]"));
  CHECK_FALSE(contains(ops.out, "ops deploy quick"));
}

TEST_CASE("the overview tells every exit code and where the password comes from") {
  CliRun ops;
  CHECK(ops({"--help"}) == ExitCode::done);
  for (const char* code : {"0", "1", "2", "10", "11", "12", "13", "14", "15", "16", "17", "130"}) {
    CHECK(contains(ops.out, "  " + std::string(code) + "  "));
  }
  CHECK(contains(ops.out, "_DEPLOYBOT_PWD"));
  CHECK(contains(ops.out, "_CONFIG"));
}

TEST_CASE("help is as wide as a terminal at most, and ends no line with a space") {
  CliRun ops;
  for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                  {"deploy"},
                                                  {"deploy", "quick"},
                                                  {"deploy", "zip"},
                                                  {"deploy", "history"},
                                                  {"deploy", "rollback"},
                                                  {"tool"},
                                                  {"tool", "post"},
                                                  {"tool", "authenticate"}}) {
    auto words = command;
    words.emplace_back("--help");
    CHECK(ops(words) == ExitCode::done);
    CHECK_FALSE(contains(ops.out, "\n\n\n"));
    std::istringstream lines(ops.out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(line.size() <= 100);
      CHECK_FALSE(line.ends_with(' '));
    }
  }
}

TEST_CASE("every wrong usage is an object too for who asked for JSON") {
  const std::vector<std::vector<std::string>> cases{
      {"--json"},
      {"deploy", "--json"},
      {"deploi", "quick", "--json"},
      {"deploy", "quik", "--json"},
      {"deploy", "quick", "--json", "--foo"},
      {"deploy", "quick", "--foo", "--json"},
      {"deploy", "quick", "extra", "--json"},
      {"deploy", "quick", "--json", "--timeout", "soon"},
      {"deploy", "quick", "--json", "--url", "ftp://x"},
      {"deploy", "quick", "--json", "--config", "none.json"},
      {"deploy", "quick", "--json", "--root", "none"},
      {"deploy", "zip", "--json"},
      {"deploy", "history", "--json", "--profile", "none"},
      {"deploy", "rollback", "a/b", "--json"},
      {"tool", "post", "--json"},
      {"tool", "post", "admin", "--json"},
      {"tool", "post", "/a", "--json", "--data", "@none"},
      {"tool", "authenticate", "--json", "--user", "a b"}};
  for (const auto& arguments : cases) {
    CliRun ops;
    CHECK(ops(arguments) == ExitCode::usage);
    INFO(ops.err << ops.out);
    CHECK(ops.json()["ok"] == false);
    CHECK(ops.err == "ops: " + ops.json()["error"].get<std::string>() + "\n");
    CHECK(ops.out.find('\n') == ops.out.size() - 1);
  }
}

TEST_CASE("wrong usage is one line on stderr, and exit code 2") {
  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  const std::vector<Case> cases{
      {{"deploy"}, "deploy needs a command: quick, zip, history, rollback"},
      {{"deploi"}, "there is no group of commands \"deploi\"; did you mean deploy?"},
      {{"xyz"}, "there is no group of commands \"xyz\"; there are deploy, tool"},
      {{"deploy", "quik"}, "there is no deploy command \"quik\"; did you mean quick?"},
      {{"deploy", "teleport"}, "there are quick, zip, history, rollback"},
      {{"--url", "x"}, "unknown option --url; options follow the command"},
      {{"deploy", "quick", "--foo"}, "unknown option --foo (see `ops deploy quick --help`)"},
      {{"deploy", "quick", "extra"}, "unexpected argument extra"},
      {{"deploy", "quick", "--timeout"}, "--timeout needs a value (see `ops deploy quick --help`)"},
      {{"deploy", "zip", "-o"}, "--output needs a value"},
      {{"deploy", "quick", "--json=yes"}, "--json takes no value"},
      {{"deploy", "quick", "--force=yes"}, "--force takes no value"},
      {{"deploy", "quick", "--root", "none"},
       "cannot deploy /proc/nothing-here/none: there is nothing"},
      {{"deploy", "zip", "--list", "--root", "/proc/version"}, "/proc/version: it is no directory"},
      {{"deploy", "quick", "--timeout", "soon"}, "--timeout takes seconds"},
      {{"deploy", "quick", "--url", "a", "--url", "b"}, "--url may be given once"},
      {{"deploy", "quick", "--url", "ftp://x"}, "neither http nor https"},
      {{"deploy", "quick", "--config", "none.json"}, "cannot open /proc/nothing-here/none.json"},
      {{"deploy", "zip"}, "deploy zip needs -o FILE"},
      {{"deploy", "rollback", "a/b"}, "\"a/b\" names no release"},
      {{"deploy", "rollback", "a", "b"}, "unexpected argument b"},
      {{"tool", "post"}, "path is required"},
      {{"tool", "post", "admin"}, "\"admin\" is no path"},
      {{"tool", "post", "/a b"}, "is no path"},
      {{"tool", "post", "/a", "--header", "nonsense"}, "--header takes \"Name: value\""},
      {{"tool", "post", "/a", "--header", "X-Auth-Key: k"}, "is set by ops itself"},
      {{"tool", "post", "/a", "--data", "@none"}, "cannot open /proc/nothing-here/none"},
  };
  for (const Case& wrong : cases) {
    CliRun ops;
    INFO(wrong.message);
    CHECK(ops(wrong.arguments) == ExitCode::usage);
    CHECK(ops.out.empty());
    CHECK(contains(ops.err, wrong.message));
    CHECK(ops.err.find("ops: ") == 0);
    CHECK(ops.err.find('\n') == ops.err.size() - 1);
  }
}
