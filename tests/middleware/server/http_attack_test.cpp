// Samples of request smuggling and other abuse, held against the whole server: whatever comes, the
// connection ends in a 4xx or 5xx and a close, or in whole answers, and never in more requests than
// the bytes hold by RFC 9112.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "answers.hpp"
#include "catch.hpp"
#include "conversation.hpp"

using namespace ops::middleware;

namespace {

const std::filesystem::path samples = std::string(OPS_CORPORA) + "/http";

bool samples_are_there() {
  if (std::filesystem::exists(samples)) return true;
  WARN("skipped: there are no samples in " << samples);
  return false;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a server with these routes made of some bytes.
struct AttackOutcome {
  Answers answers;
  std::vector<std::string> reached;  // the requests that got to a handler
};

void add_routes(Conversation& talk, std::vector<std::string>& reached) {
  const auto note = [&reached](const Request& request, Responder respond) {
    reached.push_back(std::string(request.method) + ' ' + std::string(request.path));
    respond.send(Response::text(200, "reached"));
  };
  for (const auto* path : {"/", "/1", "/2", "/3", "/smuggled", "/admin", "/x"}) {
    talk.get(path, note);
    talk.post(path, note);
  }
  talk.post("/admin/deploy-quick", note);
  talk.chain().guard("/admin/", [](const Request&) { return std::nullopt; });
}

enum class Feeding { whole, byte_by_byte };

AttackOutcome outcome_of(const std::string& bytes, Feeding feeding) {
  AttackOutcome outcome;
  Conversation talk;
  add_routes(talk, outcome.reached);
  const auto client = talk.connect_directly();
  if (feeding == Feeding::whole) {
    client->send(bytes);
  } else {
    for (const char byte : bytes) {
      client->send({&byte, 1});
      talk.loop().run_pending();
    }
  }
  client->finish();
  talk.await_end(*client);
  outcome.answers = read_answers(client->received());
  return outcome;
}

/// Whole answers; and if one of them refuses the bytes, it is the last and says so.
void check_answers(const AttackOutcome& outcome) {
  CHECK(outcome.answers.whole);
  const auto& all = outcome.answers.all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const int status = all[i].status;
    CHECK((status == 200 || (status >= 400 && status <= 505)));
    if (all[i].has("Connection: close")) CHECK(i + 1 == all.size());
    if (status >= 400 && status != 404 && status != 405) CHECK(all[i].has("Connection: close"));
  }
}

/// Samples that hold honest requests, or ones that only look odd: their answers in order.
const std::map<std::string, std::vector<int>> honest = {
    {"body-longer-than-cl.raw", {200, 200}},
    {"csrf-form.raw", {200}},
    {"dup-auth-key.raw", {200}},
    {"get-with-body.raw", {200}},
    {"method-override.raw", {405}},
    {"path-case.raw", {404}},
    {"path-dotdot.raw", {404}},
    {"path-nul-pct.raw", {404}},
    {"path-pct.raw", {404}},
    {"pipelined-3.raw", {200, 200, 200}},
    {"pipelined-after-close.raw", {200}},
    {"trailer-only-auth.raw", {200}},
    {"underscore-auth-key.raw", {200}},
};

}  // namespace

TEST_CASE("every attack sample is refused as a whole, or is no attack") {
  if (!samples_are_there()) return;
  std::set<std::string> seen;
  for (const auto& entry : std::filesystem::directory_iterator(samples / "attacks")) {
    const std::string name = entry.path().filename().string();
    INFO(name);
    const auto bytes = read_file(entry.path());
    const AttackOutcome outcome = outcome_of(bytes, Feeding::whole);
    check_answers(outcome);
    std::vector<int> statuses;
    for (const Answer& answer : outcome.answers.all) statuses.push_back(answer.status);
    const auto expected = honest.find(name);
    if (expected != honest.end()) {
      CHECK(statuses == expected->second);
    } else {
      REQUIRE(statuses.size() == 1);
      CHECK(statuses[0] >= 400);
      CHECK(outcome.reached.empty());
    }
    if (bytes.size() < 2000) {
      const AttackOutcome dripped = outcome_of(bytes, Feeding::byte_by_byte);
      check_answers(dripped);
      CHECK(dripped.reached == outcome.reached);
    }
    seen.insert(name);
  }
  for (const auto& [name, statuses] : honest) CHECK(seen.contains(name));
}

TEST_CASE("no spelling of a path but its own leads to an admin route") {
  for (const auto* path :
       {"/public/../admin/deploy-quick", "/%61dmin/deploy-quick", "/ADMIN/Deploy-Quick",
        "/admin/deploy-quick%00.html", "//admin/deploy-quick", "/admin//deploy-quick",
        "/admin/deploy-quick/", "/./admin/deploy-quick", "http://a/admin/deploy-quick",
        "/admin/deploy-quick;x", "/admin\\deploy-quick"}) {
    INFO(path);
    const auto outcome = outcome_of(
        "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        Feeding::whole);
    CHECK(outcome.answers.all.at(0).status == 404);
    CHECK(outcome.reached.empty());
  }
}

TEST_CASE("llhttp's own samples end in whole answers or a refusal") {
  if (!samples_are_there()) return;
  std::ifstream index(samples / "llhttp-requests/index.jsonl");
  int files = 0;
  for (std::string line; std::getline(index, line); ++files) {
    INFO(line.substr(0, 300));
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(entry.is_object());
    const auto file = samples / "llhttp-requests" / entry["file"].get<std::string>();
    const auto outcome = outcome_of(read_file(file), Feeding::whole);
    check_answers(outcome);
    // llhttp tells what it has seen itself: this server must not see more requests.
    CHECK(outcome.reached.size() <= static_cast<std::size_t>(entry["messages"].get<int>()));
  }
  CHECK(files > 200);
}
