#include "middleware/deploy_quick.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.hpp"
#include "loop/timer.hpp"
#include "peak_memory.hpp"
#include "release/release_store.hpp"
#include "sanitized.hpp"
#include "server/answers.hpp"
#include "server/conversation.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

using nlohmann::json;
using release::EventKind;

constexpr const char* deploy_password = "a password of some length";

/// A server that takes uploads of at most 1,000 bytes.
struct Upload {
  TemporaryDirectory place;
  base::SystemClock clock;
  base::Log log{"test", base::Log::Format::text, base::Log::Level::off};
  Conversation talk;
  release::ReleaseStore store = set_up();
  JournalNotes notes{talk.loop(), store.directory(), log, clock, {}};
  Auth auth{{"deploybot", deploy_password},
            base::sha256(std::string_view("secret")),
            clock,
            [](const FailedSignIn&) {}};
  deploy::Deployer deployer{talk.loop(), store, log, clock, {.received_bytes = 1000}, [] {}};
  DeployQuick upload{auth, deployer, notes};

  Upload() {
    talk.stream("POST", "/admin/deploy-quick",
                [this](const Request& request, const std::shared_ptr<Exchange>& exchange) {
                  upload.receive(request, exchange);
                });
    talk.stream("POST", "/admin/deploy-quick/missing",
                [this](const Request& request, const std::shared_ptr<Exchange>& exchange) {
                  upload.receive_offer(request, exchange);
                });
  }

  release::ReleaseStore set_up() {
    place.write("image/message.txt", "image");
    auto made =
        release::ReleaseStore::set_up(place.file("releases"), place.file("image"), "", clock);
    REQUIRE(made.ok());
    return *std::move(made);
  }

  std::string head(const std::string& fields, const std::string& type = "application/zip",
                   const std::string& path = "/admin/deploy-quick") {
    Request request;
    const std::string body =
        json{{"user", "deploybot"}, {"password", deploy_password}, {"deviceId", "laptop"}}.dump();
    request.body = body;
    const std::string key = json::parse(auth.sign_in(request).body)["authKey"];
    return "POST " + path +
           " HTTP/1.1\r\nHost: a\r\nx-auth-user: deploybot\r\n"
           "x-auth-device: laptop\r\nx-auth-key: " +
           key + "\r\nContent-Type: " + type + "\r\n" + fields + "\r\n";
  }

  std::string offer(const std::string& body, const std::string& type = "application/json") {
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return head(length, type, "/admin/deploy-quick/missing") + body;
  }

  std::unique_ptr<Client> begin(const std::string& head) {
    auto client = talk.connect();
    client->send(head);
    return client;
  }
  Answer answer(const Client& client) {
    talk.await_text(client, "\r\n\r\n{");
    const auto answers = read_answers(client.received());
    REQUIRE(answers.all.size() == 1);
    return answers.all[0];
  }
};

TEST_CASE_METHOD(Upload, "a media type is the same in any case and with blanks around it") {
  for (const char* type : {"application/zip", "Application/ZIP", "application/zip ; x=y"}) {
    INFO(type);
    const auto client = begin(head("Content-Length: 2\r\n", type) + "no");
    CHECK(answer(*client).body.find("not-a-zip") != std::string::npos);
    CHECK(answer(*client).body.find("Content-Type") == std::string::npos);
  }
  const auto client = begin(head("Content-Length: 2\r\n", "application/zipped") + "no");
  CHECK(answer(*client).body.find("Content-Type") != std::string::npos);
}

TEST_CASE_METHOD(Upload, "whoever tries again at once after a refusal in the body is let in") {
  for (int i = 0; i < 20; ++i) {
    const auto client =
        begin(head("Transfer-Encoding: chunked\r\n") + "3e9\r\n" + std::string(1001, 'x'));
    CHECK(answer(*client).status == 413);
    CHECK_FALSE(store.lock_holder());
  }
}

TEST_CASE_METHOD(Upload, "an upload that is refused by its head stands in the journal") {
  const auto too_long = begin(head("Content-Length: 1001\r\n"));
  CHECK(answer(*too_long).status == 413);
  const auto first = begin(head("Content-Length: 100\r\n") + "beginning");
  talk.await([this] { return store.lock_holder().has_value(); });
  const auto second = begin(head("Content-Length: 100\r\n"));
  CHECK(answer(*second).status == 409);

  std::vector<release::JournalEntry> lines;
  talk.await([&] {
    lines = store.journal().read().value();
    return lines.size() >= 2 && lines.back().code == "deploy-running";
  });
  const auto& note = lines[lines.size() - 2];
  CHECK(note.event == EventKind::refused);
  CHECK(note.by == "deploybot@laptop");
  CHECK(note.code == "too-large");
  CHECK(lines.back().event == EventKind::refused);
}

TEST_CASE_METHOD(Upload, "uploads that are refused again and again do not fill the journal") {
  const auto first = begin(head("Content-Length: 100\r\n") + "beginning");
  talk.await([this] { return store.lock_holder().has_value(); });
  const std::string again = head("Content-Length: 0\r\n");
  const auto impatient = talk.connect();
  for (int i = 0; i < 500; ++i) impatient->send(again);
  talk.await([&] { return read_answers(impatient->received()).all.size() == 500; });
  CHECK(store.journal().read().value().size() < 30);
}

TEST_CASE_METHOD(Upload, "an offer is answered with what is missing, and then taken by its id") {
  const std::string sum = base::to_hex(base::sha256(std::string_view("new")));
  const auto asked = begin(offer(
      R"({"files":[{"path":"message.txt","mode":"0644","size":3,"sha256":")" + sum + "\"}]}"));
  const Answer offered = answer(*asked);
  CHECK(offered.status == 200);
  const json body = json::parse(offered.body);
  CHECK(body["ok"] == true);
  CHECK(body["missing"] == json{"message.txt"});
  const std::string deploy = body["deployId"];
  const auto stranger = begin(head("x-ops-deploy: d-1\r\nContent-Length: 2\r\n") + "no");
  CHECK(answer(*stranger).status == 409);
  CHECK(answer(*stranger).body.find("not-awaited") != std::string::npos);
  const auto sent = begin(head("x-ops-deploy: " + deploy + "\r\nContent-Length: 2\r\n") + "no");
  CHECK(answer(*sent).status == 415);
}

TEST_CASE_METHOD(Upload, "an offer is a list of files as JSON, and has a length") {
  CHECK(answer(*begin(offer("{}", "application/zip"))).status == 415);
  const auto endless = begin(head("", "application/json", "/admin/deploy-quick/missing"));
  CHECK(answer(*endless).status == 411);
  const auto unreadable = begin(offer("no JSON"));
  CHECK(answer(*unreadable).status == 400);
  CHECK(answer(*unreadable).body.find("bad-manifest") != std::string::npos);
  const auto unknown = begin(offer(R"({"base":"3f9a1c20b7e4","files":[],"removed":[]})"));
  CHECK(answer(*unknown).status == 409);
  CHECK(answer(*unknown).body.find("unknown-base") != std::string::npos);
}

TEST_CASE("the answer to an offer of 50,000 files takes little more memory than its text") {
  if (is_sanitized) return;  // what is freed is kept there
  deploy::Accepted accepted{"d-1", deploy::DeployState::receiving, {}};
  for (int i = 0; i < 50'000; ++i) {
    accepted.missing.push_back(std::to_string(i) + std::string(150, 'p'));
  }
  accepted.missing.push_back("\"quoted\"/\xc3\xa4");
  std::string body;
  const std::size_t extra = extra_memory([&] { body = missing_answer(accepted).body; });
  CHECK(extra < body.size() + (std::size_t{2} << 20));
  const json answer = json::parse(body);
  CHECK(answer["missing"].get<std::vector<std::string>>() == accepted.missing);
  CHECK(answer["deployId"] == "d-1");
  CHECK(answer["ok"] == true);
}

TEST_CASE("an answer of which nothing is missing says so") {
  const json answer = json::parse(missing_answer({"d-1", deploy::DeployState::unchanged, {}}).body);
  CHECK(answer["missing"] == json::array());
  CHECK(answer["state"] == "unchanged");
}

}  // namespace
}  // namespace ops::middleware
