#include "supervisor/output_lines.hpp"

#include "catch.hpp"

using ops::supervisor::OutputLines;
using Stream = ops::supervisor::OutputLines::Stream;
using Lines = std::vector<std::string>;

TEST_CASE("lines are kept in the order in which they were completed, of both streams") {
  OutputLines lines;
  CHECK(lines.lines().empty());
  lines.take(Stream::output, "one\ntw");
  lines.take(Stream::errors, "error\n");
  lines.take(Stream::output, "o\n\nfour\r\n");
  CHECK(lines.lines() == Lines{"one", "error", "two", "", "four"});
}

TEST_CASE("a line that was only begun comes last, and once it is complete in its place") {
  OutputLines lines;
  lines.take(Stream::output, "half a li");
  lines.take(Stream::errors, "terminate called\nAbor");
  CHECK(lines.lines() == Lines{"terminate called", "half a li", "Abor"});
  lines.take(Stream::output, "ne\n");
  CHECK(lines.lines() == Lines{"terminate called", "half a line", "Abor"});
}

TEST_CASE("of many lines the last 50 are kept") {
  OutputLines lines;
  for (int i = 1; i <= 1234; ++i) lines.take(Stream::output, std::to_string(i) + "\n");
  REQUIRE(lines.lines().size() == 50);
  CHECK(lines.lines().front() == "1185");
  CHECK(lines.lines().back() == "1234");
  lines.take(Stream::errors, "begun");
  CHECK(lines.lines().size() == 50);
  CHECK(lines.lines().front() == "1186");
  CHECK(lines.lines().back() == "begun");
}

TEST_CASE("a line is cut at 512 bytes, however it arrives, and the next one is whole") {
  const std::string longest(512, 'a');
  OutputLines lines;
  lines.take(Stream::output, longest + "\n");
  lines.take(Stream::output, longest + "b\n");
  for (int i = 0; i < 1000; ++i) lines.take(Stream::output, "c");
  lines.take(Stream::output, "\nnext\n");
  CHECK(lines.lines() == Lines{longest, longest, std::string(512, 'c'), "next"});
}

TEST_CASE("a cut does not leave half a character") {
  OutputLines lines;
  lines.take(Stream::output, std::string(511, 'a') + "ü\n");
  CHECK(lines.lines() == Lines{std::string(511, 'a')});
}

TEST_CASE("a kept line is harmless to print and never longer than 512 bytes") {
  OutputLines lines;
  lines.take(Stream::output, "\x1b[2J\xff\n");
  lines.take(Stream::output, std::string(600, '\x01') + "\n");
  CHECK(lines.lines() == Lines{"?[2J?", std::string(512, '?')});
}
