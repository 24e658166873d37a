#include "cli/console.hpp"

#include <cerrno>
#include <sstream>
#include <streambuf>

#include "catch.hpp"

using ops::cli::Console;
using ops::cli::Look;
using ops::cli::Surroundings;

namespace {

struct Screen {
  explicit Screen(Look look)
      : surroundings{.out = out,
                     .err = err,
                     .in = in,
                     .out_look = look,
                     .err_look = look,
                     .environment = [](const std::string&) { return std::nullopt; },
                     .clock = clock} {}

  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  ops::base::SystemClock clock;
  Surroundings surroundings;
  Console console{surroundings};
};

// Where nothing can be written, for the reason `number`.
class BrokenOutput final : public std::streambuf {
 public:
  int number = 0;

 private:
  int overflow(int) override {
    errno = number;
    return traits_type::eof();
  }
};

}  // namespace

TEST_CASE("results go to stdout, everything else to stderr") {
  Screen screen(Look::plain);
  screen.console.result("result\n");
  screen.console.note("note");
  screen.console.problem("cannot do it: reason\nlast line\n");
  CHECK(screen.out.str() == "result\n");
  CHECK(screen.err.str() == "note\nops: cannot do it: reason\n  last line\n");
}

TEST_CASE("a result that cannot be written is told once, and one that nobody reads is not") {
  BrokenOutput output;
  std::ostream out(&output);
  std::ostringstream err;
  std::istringstream in;
  const ops::base::SystemClock clock;
  const Surroundings surroundings{.out = out,
                                  .err = err,
                                  .in = in,
                                  .out_look = Look::plain,
                                  .err_look = Look::plain,
                                  .environment = [](const std::string&) { return std::nullopt; },
                                  .clock = clock};
  Console console(surroundings);
  SECTION("a full disk") {
    output.number = ENOSPC;
    console.result("one\n");
    console.result("two\n");
    CHECK(console.has_lost());
    CHECK(err.str() ==
          "ops: cannot write the result to standard output: No space left on device\n");
  }
  SECTION("a reader that has gone") {
    output.number = EPIPE;
    console.result("one\n");
    CHECK_FALSE(console.has_lost());
    CHECK(err.str().empty());
  }
}

TEST_CASE("colours and bars are for terminals") {
  Screen plain(Look::plain);
  plain.console.note("x", Console::Tone::good);
  plain.console.progress("uploading", 5, 10);
  CHECK(plain.err.str() == "x\n");
  Screen terminal(Look::terminal);
  terminal.console.progress("uploading", 5000, 10'000);
  CHECK(terminal.err.str().find("uploading [===============               ] 5.0 kB of 10") !=
        std::string::npos);
  terminal.console.note("x", Console::Tone::good);
  CHECK(terminal.err.str().ends_with("\r\x1b[K\x1b[32mx\x1b[0m\n"));
}

TEST_CASE("a terminal that wants no colour is plain") {
  CHECK(ops::cli::look_of(1, "1", "xterm") == Look::plain);
  CHECK(ops::cli::look_of(1, std::nullopt, "dumb") == Look::plain);
  CHECK(ops::cli::look_of(-1, std::nullopt, "xterm") == Look::plain);
}
