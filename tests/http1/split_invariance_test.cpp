// However a connection's bytes are split into reads, the parser must see the same requests: a
// difference would be a way to smuggle. Held against the samples where they are, and against some
// of our own everywhere.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "http1/request_parser.hpp"

using namespace ops::http1;
using Event = RequestParser::Event;

namespace {

/// Everything that the parser's user can see, in one text; pieces of a body joined.
struct Trace {
  std::string text;
  int requests = 0;
  bool refused = false;
};

void note(const RequestParser& parser, const RequestParser::Step& step, Trace& trace) {
  if (step.event == Event::head) {
    const RequestHead& head = parser.head();
    trace.text += "\nhead " + std::string(head.method) + ' ' + std::string(head.path) + '?' +
                  std::string(head.query) + ' ' + std::to_string(head.content_length) +
                  (head.keep_alive ? " keep" : " close");
    for (const Field& field : head.fields) {
      trace.text += '\n' + std::string(field.name) + ": " + std::string(field.value);
    }
    trace.text += "\nbody ";
  }
  trace.text += step.body;
  if (step.event == Event::end) {
    trace.text += "\nend";
    ++trace.requests;
  }
  if (step.event == Event::refused) {
    trace.text += "\nrefused " + std::to_string(parser.refusal().status) + ' ' +
                  std::string(parser.refusal().reason);
    trace.refused = true;
  }
}

/// Feeds the pieces between the cuts, as reads of a connection would.
Trace feed(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  RequestParser parser({});
  Trace trace;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size() && !trace.refused; ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    // A copy, so that the sanitizer sees a view that outlives its read.
    const std::string read(bytes.substr(begin, end - begin));
    begin = end;
    std::string_view rest = read;
    RequestParser::Step step;
    do {
      step = parser.next(rest);
      rest.remove_prefix(step.consumed);
      note(parser, step, trace);
    } while (step.event != Event::need_more && step.event != Event::refused);
    if (step.event == Event::need_more) CHECK(rest.empty());
  }
  return trace;
}

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

std::vector<std::size_t> random_cuts(std::size_t size, std::mt19937& random) {
  std::vector<std::size_t> cuts;
  if (size < 2) return cuts;
  std::uniform_int_distribution<std::size_t> place(1, size - 1);
  for (int i = 0; i < 6; ++i) cuts.push_back(place(random));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

Trace check_splits(const std::string& bytes) {
  const Trace whole = feed(bytes, {});
  CHECK(feed(bytes, every_byte(bytes.size())).text == whole.text);
  std::mt19937 random(20);  // fixed: a failure can be repeated
  for (int i = 0; i < 20; ++i)
    CHECK(feed(bytes, random_cuts(bytes.size(), random)).text == whole.text);
  return whole;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::filesystem::path samples = std::string(OPS_CORPORA) + "/http";

bool samples_are_there() {
  if (std::filesystem::exists(samples)) return true;
  WARN("skipped: there are no samples in " << samples);
  return false;
}

}  // namespace

TEST_CASE("requests of every shape are read the same however they are split") {
  const auto requests = check_splits(
      "\r\nGET /1?a=b HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 11"
      "\r\n\r\nhello\r\n\r\n\r\nPOST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=\"y\"\r\nhello\r\nA\r\n0123456789\r\n0\r\nT: u\r\n\r\nGET /4 HTTP/1.0\r\n\r\n");
  CHECK(requests.requests == 4);
  CHECK_FALSE(requests.refused);
}

TEST_CASE("what is refused is refused with the same words however it is split") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& bytes :
       {"\r\n\r\n" + head, head + "X: a\n\r\n", "G" + std::string(8200, 'E') + "T\n" + head,
        "GET /" + std::string(8192 - 14, 'a') + " HTTP/1.1\n",
        head + "X: " + std::string(17'000, 'a'), chunked + std::string(300, 'x') + "\n",
        chunked + "1\r\nA\rX", chunked + "1\r\nAXYZ\r\n",
        chunked + "0\r\nX: " + std::string(5000, 'a'), chunked + "zz\r\n", chunked + "1\n"}) {
    CHECK(check_splits(bytes).refused);
  }
}

TEST_CASE("the attack samples are read the same however they are split") {
  if (!samples_are_there()) return;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(samples / "attacks")) {
    INFO(entry.path().filename().string());
    check_splits(read_file(entry.path()));
    ++files;
  }
  CHECK(files > 50);
}

TEST_CASE("llhttp's own samples are read the same however they are split, and as strictly") {
  if (!samples_are_there()) return;
  std::ifstream index(samples / "llhttp-requests/index.jsonl");
  int files = 0;
  for (std::string line; std::getline(index, line);) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(entry.is_object());
    INFO(line.substr(0, 300));
    const auto file = samples / "llhttp-requests" / entry["file"].get<std::string>();
    const Trace trace = check_splits(read_file(file));
    ++files;
    // What a current llhttp refuses in its strict mode must not be accepted here.
    const bool strict =
        entry["meta"].value("type", "") == "request" && entry["version"] == "v9.4.2";
    if (strict && !entry["expected_errors"].empty()) {
      CHECK((trace.refused || trace.requests <= entry["messages"].get<int>()));
    }
  }
  CHECK(files > 200);
}
