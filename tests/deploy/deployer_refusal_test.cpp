#include "deploying_app.hpp"

using namespace ops::deploy;
using ops::release::EventKind;

namespace {

/// Sends what must be refused, and checks that nothing has changed and the next one may come.
Refused refusal(DeployingApp& app, const std::string& body, UploadRequest request = {}) {
  const std::string before = app.releases_as_they_are();
  const auto outcome = app.send(body, std::move(request));
  REQUIRE_FALSE(outcome.ok());
  CHECK(app.releases_as_they_are() == before);
  CHECK(app.staging_is_empty());
  CHECK(app.switched() == 0);
  CHECK_FALSE(app.store().lock_holder());
  return outcome.error();
}

std::string replaced(std::string bytes, std::string_view from, std::string_view to) {
  REQUIRE(from.size() == to.size());
  for (std::size_t at = bytes.find(from); at != bytes.npos; at = bytes.find(from, at + 1)) {
    bytes.replace(at, from.size(), to);
  }
  return bytes;
}

}  // namespace

TEST_CASE("what is no zip is refused") {
  DeployingApp app;
  app.serve({{"message.txt", "serving"}});
  CHECK(refusal(app, "this is no zip").kind == RefusalKind::not_a_zip);
  CHECK(refusal(app, "").kind == RefusalKind::not_a_zip);
  CHECK(app.served() == "serving");
}

TEST_CASE("a hostile archive is refused, and the refusal names the entry and the rule") {
  DeployingApp app;
  const std::string hostile = replaced(zip_bytes({{"aaaevil.txt", "evil"}}), "aaaevil", "../evil");
  const Refused refused = refusal(app, hostile);
  CHECK(refused.kind == RefusalKind::archive_refused);
  CHECK(refused.message.starts_with("bad-name: "));
  CHECK(refused.message.find("../evil.txt") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(app.file("staging/evil.txt")));
  CHECK_FALSE(std::filesystem::exists(app.file("evil.txt")));
}

TEST_CASE("an archive whose data are broken leaves nothing of what was unpacked already") {
  DeployingApp app;
  // Stored, since it cannot be packed: the byte is the file's own.
  const std::string broken =
      replaced(zip_bytes({{"a.txt", "first file"}, {"b.txt", "q9Zx"}}), "q9Zx", "q9Zy");
  const Refused refused = refusal(app, broken);
  CHECK(refused.kind == RefusalKind::archive_refused);
  CHECK(refused.message.starts_with("bad-data: "));
  CHECK(refused.message.find("b.txt") != std::string::npos);
}

TEST_CASE("one byte more than may be received is refused, the last one under it is taken") {
  DeployingApp app;
  const std::string body = zip_bytes({{"message.txt", "new"}});
  app.settings.received_bytes = body.size() - 1;
  app.restart();
  CHECK(refusal(app, body).kind == RefusalKind::too_large);
  CHECK(refusal(app, body, {.content_length = body.size()}).kind == RefusalKind::too_large);
  app.settings.received_bytes = body.size();
  app.restart();
  CHECK(app.send(body, {.content_length = body.size()}).ok());
}

TEST_CASE("one byte more than may be unpacked is refused, and so is one entry more") {
  DeployingApp app;
  const std::string body = zip_bytes({{"message.txt", "1234567890"}, {"other", "12345"}});
  SECTION("bytes") { app.settings.unpacked_bytes = 14; }
  SECTION("entries") { app.settings.entries = 1; }
  app.restart();
  CHECK(refusal(app, body).kind == RefusalKind::too_large);
  app.settings.unpacked_bytes = 15;
  app.settings.entries = 2;
  app.restart();
  CHECK(app.send(body).ok());
}

TEST_CASE("a path one level deeper than allowed is refused, by an offer too") {
  DeployingApp app;
  const Files files = {{"a/b/c", "deep"}};
  app.settings.depth = 2;
  app.restart();
  CHECK(refusal(app, zip_bytes(files)).message.starts_with("too-deep: "));
  const auto offered = app.offer(manifest_of(files).to_json());
  REQUIRE_FALSE(offered.ok());
  CHECK(offered.error().message.starts_with("too-deep: "));
  app.settings.depth = 3;
  app.restart();
  CHECK(app.send(zip_bytes(files)).ok());
}

TEST_CASE("an archive that unpacks to more times its size than allowed is refused") {
  DeployingApp app;
  std::string text;
  for (int i = 0; text.size() < 2'000'000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string body = zip_bytes({{"text", text}});
  // The rule counts the packed bytes alone; records and names add little to them.
  app.settings.ratio = text.size() / body.size();
  REQUIRE(app.settings.ratio > 1);
  app.restart();
  CHECK(refusal(app, body).message.starts_with("ratio-too-high: "));
  app.settings.ratio += 1;
  app.restart();
  CHECK(app.send(body).ok());
}

TEST_CASE("on a disk without the room that is to be left nothing is received or staged") {
  DeployingApp app;
  app.settings.free_bytes = std::uint64_t{1} << 60;
  app.restart();
  const std::string body = zip_bytes({{"message.txt", "new"}});
  CHECK(refusal(app, body).kind == RefusalKind::no_space);
  CHECK(refusal(app, body, {.content_length = body.size()}).kind == RefusalKind::no_space);
  const auto offered = app.offer(manifest_of({{"message.txt", "new"}}).to_json());
  REQUIRE_FALSE(offered.ok());
  CHECK(offered.error().kind == RefusalKind::no_space);
}

TEST_CASE("an archive that the disk has no room for is refused before it is read") {
  DeployingApp app;
  app.settings.received_bytes = std::uint64_t{1} << 61;
  app.restart();
  const Refused refused = refusal(app, "", {.content_length = std::uint64_t{1} << 60});
  CHECK(refused.kind == RefusalKind::no_space);
}

TEST_CASE("a body that is not what its digest says is refused") {
  DeployingApp app;
  const std::string body = zip_bytes({{"message.txt", "new"}});
  const Refused refused = refusal(app, body, {.expected_sha256 = std::string(64, '0')});
  CHECK(refused.kind == RefusalKind::wrong_digest);
  const std::string digest = ops::base::to_hex(ops::base::sha256(body));
  CHECK(app.send(body, {.expected_sha256 = digest}).ok());
}

TEST_CASE("an upload that contains a shared path is refused") {
  DeployingApp app;
  app.settings.shared = {{"data", app.place().file("kept")}};
  app.restart();
  const Refused refused = refusal(app, zip_bytes({{"data/file", "hides what is shared"}}));
  CHECK(refused.kind == RefusalKind::archive_refused);
  CHECK(refused.message.starts_with("shared-path: data/file"));
  CHECK(app.send(zip_bytes({{"data2/file", "another path"}})).ok());
}

TEST_CASE("a refused deploy is in the journal, with who and why, and can be asked for") {
  DeployingApp app;
  refusal(app, "this is no zip", {.by = "eve@tablet"});
  const auto line = app.last_line();
  CHECK(line.event == EventKind::refused);
  CHECK(line.by == "eve@tablet");
  CHECK(line.reason.starts_with("not-a-zip: "));
  CHECK(app.status(line.deploy).state == DeployState::failed);
  CHECK(app.status(line.deploy).error.message == line.reason);
}

TEST_CASE("an upload that is given up leaves nothing behind and frees the lock") {
  DeployingApp app;
  const std::string before = app.releases_as_they_are();
  const std::size_t lines = app.store().journal().read()->size();
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  const std::string deploy = (*upload)->deploy();
  REQUIRE((*upload)->write("half of it").ok());
  CHECK(app.store().lock_holder()->deploy == deploy);
  upload->reset();
  CHECK_FALSE(app.store().lock_holder());
  CHECK(app.staging_is_empty());
  CHECK(app.releases_as_they_are() == before);
  CHECK(app.store().journal().read()->size() == lines);
  CHECK_FALSE(app.deployer().status(deploy));
  CHECK(app.send(zip_bytes({{"message.txt", "new"}})).ok());
}

TEST_CASE("after a refused write the upload takes no more") {
  DeployingApp app;
  app.settings.received_bytes = 4;
  app.restart();
  auto upload = app.deployer().begin({.by = "bot@laptop"});
  REQUIRE(upload.ok());
  CHECK((*upload)->write("1234").ok());
  CHECK_FALSE((*upload)->write("5").ok());
  CHECK_FALSE((*upload)->write("6").ok());
  upload->reset();
  app.run_until([&] { return !app.store().lock_holder(); });
  CHECK(app.last_line().event == EventKind::refused);
}
