#include "cli/program.hpp"

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
      {{"deploy", "quick", "--timeout"}, "--timeout"},
      {{"deploy", "quick", "--timeout", "soon"}, "--timeout takes seconds"},
      {{"deploy", "quick", "--url", "a", "--url", "b"}, "--url"},
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
