#include "client/event_stream.hpp"

#include "catch.hpp"

using ops::client::EventStreamParser;
using ops::client::StreamEvent;

namespace {

std::vector<StreamEvent> read(const std::string& bytes) {
  EventStreamParser parser;
  auto events = parser.read(bytes);
  REQUIRE(events.ok());
  return *events;
}

}  // namespace

TEST_CASE("an event is complete at its empty line") {
  EventStreamParser parser;
  CHECK(parser.read("id: 7\nevent: production.ready\ndata: {}\n")->empty());
  const auto events = parser.read("\n");
  CHECK(*events == std::vector<StreamEvent>{{"7", "production.ready", "{}"}});
}

TEST_CASE("lines end in LF, CR or CR LF") {
  const std::vector<StreamEvent> wanted{{"", "message", "a"}, {"", "message", "b"}};
  CHECK(read("data: a\n\ndata: b\n\n") == wanted);
  CHECK(read("data: a\r\rdata: b\r\r") == wanted);
  CHECK(read("data: a\r\n\r\ndata: b\r\n\r\n") == wanted);
}

TEST_CASE("the same bytes give the same events wherever they are cut") {
  const std::string bytes =
      "\xef\xbb\xbf: comment\r\nid: 1\r\nevent: x\r\ndata: one\r\ndata: two\r\n\r\nid\ndata\n\n";
  const auto whole = read(bytes);
  REQUIRE(whole == std::vector<StreamEvent>{{"1", "x", "one\ntwo"}, {"", "message", ""}});
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EventStreamParser parser;
    auto events = *parser.read(bytes.substr(0, cut));
    const auto rest = *parser.read(bytes.substr(cut));
    events.insert(events.end(), rest.begin(), rest.end());
    CHECK(events == whole);
  }
}

TEST_CASE("comments, unknown fields and events without data give nothing") {
  CHECK(read(": still here\n\nretry: 200\n\nevent: x\n\nid: 9\n\n").empty());
  CHECK(read("id: 9\n\ndata: a\n\n").front().id == "9");
}

TEST_CASE("one space behind the colon is no part of the value") {
  CHECK(read("data:  x\n\n").front().data == " x");
  CHECK(read("data:x\n\n").front().data == "x");
}

TEST_CASE("an event that is larger than the limit is an error") {
  EventStreamParser fitting(10);
  CHECK(fitting.read("data: 1234\n\n").ok());
  EventStreamParser parser(10);
  CHECK_FALSE(parser.read("data: 12345\n\n").ok());
  EventStreamParser many(10);
  CHECK_FALSE(many.read("data:123\ndata:123\ndata:123\n").ok());
}
