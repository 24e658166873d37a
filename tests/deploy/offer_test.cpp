#include <sys/stat.h>

#include "deploying_app.hpp"
#include "release/source_offer.hpp"

using namespace ops::deploy;
using ops::release::EventKind;
using ops::release::SourceOffer;

namespace {

using Paths = std::vector<std::string>;

std::string all_of(const Files& files) {
  return SourceOffer{.files = manifest_of(files).entries()}.to_json();
}

std::string change(const std::string& base, const Files& from, const Files& to) {
  return difference(base, manifest_of(from), manifest_of(to)).to_json();
}

const std::string empty_zip = std::string("PK\5\6", 4) + std::string(18, '\0');

// Offers, sends what is missing, and waits for the switch; what was missing.
Paths deploy_offered(DeployingApp& app, const std::string& offer, const Files& files) {
  const auto answer = app.offer(offer);
  INFO((answer ? "" : answer.error().message));
  REQUIRE(answer.ok());
  Files rest;
  for (const auto& [path, content] : files) {
    const std::string name = path.substr(0, path.find('*'));
    if (std::ranges::count(answer->missing, name) > 0) rest[path] = content;
  }
  const auto taken =
      rest.empty()
          ? app.send(empty_zip, {.body = UploadRequest::Body::missing, .deploy = answer->deploy})
          : app.send_rest(answer->deploy, rest);
  INFO((taken ? "" : taken.error().message));
  REQUIRE(taken.ok());
  CHECK(taken->deploy == answer->deploy);
  app.settle(answer->deploy);
  return answer->missing;
}

Refused refusal(DeployingApp& app, const DeployingApp::Outcome& outcome) {
  REQUIRE_FALSE(outcome.ok());
  CHECK(app.staging_is_empty());
  CHECK_FALSE(app.store().lock_holder());
  return outcome.error();
}

}  // namespace

TEST_CASE("of what is offered only the files that no kept release has are missing") {
  DeployingApp app;
  const Files first{{"message.txt", "one"}, {"bin/run*", "#!/bin/sh\n"}, {"a/b/c.txt", "deep"}};
  app.serve(first);
  Files second = first;
  second["message.txt"] = "two";
  second["new/file.txt"] = "new";
  CHECK(deploy_offered(app, all_of(second), second) == Paths{"message.txt", "new/file.txt"});
  CHECK(app.switched() == 1);
  CHECK(app.served() == "two");
  CHECK(app.place().read("releases/current/a/b/c.txt") == "deep");
  struct stat status {};
  REQUIRE(::stat(app.file("current/bin/run").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0755);
  const auto root = ops::base::open_directory(app.file("current"));
  CHECK(ops::release::read_manifest(root->get())->content_hash() ==
        manifest_of(second).content_hash());
}

TEST_CASE("what a deploy offers against a release that is known here names only what differs") {
  DeployingApp app;
  const Files first{{"message.txt", "one"}, {"kept.txt", "kept"}, {"old.txt", "old"}};
  const std::string base = app.serve(first);
  const Files second{{"message.txt", "two"}, {"kept.txt", "kept"}, {"moved.txt", "old"}};
  CHECK(deploy_offered(app, change(base, first, second), second) == Paths{"message.txt"});
  CHECK(app.served() == "two");
  CHECK_FALSE(std::filesystem::exists(app.file("current/old.txt")));
  CHECK(app.place().read("releases/current/moved.txt") == "old");
  CHECK(app.store().sources(*app.store().current())->entries() == manifest_of(second).entries());
}

TEST_CASE("a base that is not known, or means other sources, is told, and is no deploy") {
  DeployingApp app;
  const Files files{{"message.txt", "one"}};
  const std::string base = app.serve(files);
  const std::string unknown = change("0123456789ab", files, {{"message.txt", "two"}});
  CHECK(refusal(app, app.offer(unknown)).kind == RefusalKind::unknown_base);
  const std::string image = change("image", files, {{"message.txt", "two"}});
  CHECK(refusal(app, app.offer(image)).kind == RefusalKind::unknown_base);
  const std::string other =
      change(base, {{"message.txt", "never"}, {"x", "y"}}, {{"message.txt", "two"}, {"x", "y"}});
  CHECK(refusal(app, app.offer(other)).kind == RefusalKind::unknown_base);
  CHECK(app.last_line().event == EventKind::healthy);
  CHECK(app.served() == "one");
}

TEST_CASE("an offer of what serves is unchanged at once, and nothing is staged for it") {
  DeployingApp app;
  const Files files{{"message.txt", "one"}};
  const std::string base = app.serve(files);
  for (const std::string& offer : {all_of(files), change(base, files, files)}) {
    const auto answer = app.offer(offer);
    REQUIRE(answer.ok());
    CHECK(answer->state == DeployState::unchanged);
    CHECK(answer->missing.empty());
    CHECK(app.staging_is_empty());
    CHECK(app.last_line().event == EventKind::unchanged);
  }
}

TEST_CASE("a release that failed before is refused by its offer already, unless it is forced") {
  DeployingApp app;
  const Files bad{{"message.txt", "bad"}};
  app.deploy(bad);
  app.fail("it broke");
  CHECK(refusal(app, app.offer(all_of(bad))).kind == RefusalKind::failed_before);
  const auto forced = app.offer(all_of(bad), {.force = true});
  REQUIRE(forced.ok());
  REQUIRE(app.send_rest(forced->deploy, {}).ok());
  app.settle(forced->deploy);
  CHECK(app.served() == "bad");
}

TEST_CASE("what an app has changed in its release is missing, not taken for what it was") {
  DeployingApp app;
  const Files first{
      {"message.txt", "one"}, {"same-size.txt", "abc"}, {"gone.txt", "gone"}, {"link.txt", "link"}};
  const std::string id = app.serve(first);
  app.place().write("releases/" + id + "/same-size.txt", "xyz");
  std::filesystem::remove(app.file(id + "/gone.txt"));
  std::filesystem::remove(app.file(id + "/link.txt"));
  app.place().write("outside", "link");
  std::filesystem::create_symlink(app.place().file("outside"), app.file(id + "/link.txt"));
  Files second = first;
  second["more.txt"] = "more";
  CHECK(deploy_offered(app, all_of(second), second) ==
        Paths{"gone.txt", "link.txt", "more.txt", "same-size.txt"});
  CHECK(app.place().read("releases/current/same-size.txt") == "abc");
}

TEST_CASE("a build that overwrites, truncates and chmods every file changes no other release") {
  DeployingApp app;
  const Files first{{"message.txt", "one"}, {"a.txt", "aaaa"}, {"b/c.txt", "cccc"}};
  const std::string before = app.serve(first);
  app.settings.build_command =
      "for f in message.txt a.txt b/c.txt; do printf spoilt | dd of=$f conv=notrunc 2> /dev/null "
      "&& "
      "chmod 0777 $f; done; : > a.txt";
  app.restart();
  Files second = first;
  second["new.txt"] = "new";
  CHECK(deploy_offered(app, all_of(second), second) == Paths{"new.txt"});
  CHECK(app.served() == "spoilt");
  CHECK(app.place().read("releases/" + before + "/message.txt") == "one");
  CHECK(app.place().read("releases/" + before + "/a.txt") == "aaaa");
  CHECK(app.place().read("releases/" + before + "/b/c.txt") == "cccc");
  struct stat status {};
  REQUIRE(::stat(app.file(before + "/b/c.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
  CHECK(status.st_nlink == 1);
}

TEST_CASE("an archive of the rest holds exactly what was missing, and just that content") {
  DeployingApp app;
  const Files first{{"message.txt", "one"}};
  app.serve(first);
  const Files second{{"message.txt", "two"}, {"run*", "#!"}};
  const auto rest_of = [&app, &second](const Files& rest) {
    const auto offered = app.offer(all_of(second));
    REQUIRE(offered.ok());
    REQUIRE(offered->missing == Paths{"message.txt", "run"});
    return refusal(app, app.send_rest(offered->deploy, rest));
  };
  for (const Files& wrong :
       {Files{{"message.txt", "two"}}, Files{{"message.txt", "two"}, {"run*", "#!"}, {"more", "x"}},
        Files{{"message.txt", "tow"}, {"run*", "#!"}},
        Files{{"message.txt", "longer"}, {"run*", "#!"}},
        Files{{"message.txt", "two"}, {"run", "#!"}},
        Files{{"message.txt", "two"}, {"other*", "#!"}}}) {
    CHECK(rest_of(wrong).kind == RefusalKind::archive_refused);
    CHECK(app.served() == "one");
  }
}

TEST_CASE("what is offered is held to the rules for an archive") {
  DeployingApp app;
  const auto verdict = [&app](const Files& files) {
    const Refused refused = refusal(app, app.offer(all_of(files)));
    return refused.message.substr(0, refused.message.find(':'));
  };
  CHECK(verdict({}) == "empty");
  CHECK(verdict({{"a\\b", ""}}) == "bad-name");
  CHECK(verdict({{"a", ""}, {"a/b", ""}}) == "file-is-directory");
  CHECK(verdict({{"A", ""}, {"a", ""}}) == "duplicate-name");
  app.settings.shared = {{"data", app.place().file("data")}};
  app.settings.entries = 2;
  app.settings.unpacked_bytes = 8;
  app.restart();
  CHECK(verdict({{"data/x", ""}}) == "shared-path");
  CHECK(verdict({{"1", ""}, {"2", ""}, {"3", ""}}) == "too-many-entries");
  CHECK(verdict({{"1", "12345"}, {"2", "1234"}}) == "too-large");
  CHECK(app.offer(all_of({{"1", "1234"}, {"2", "1234"}})).ok());
}

TEST_CASE("an offer that cannot be read is refused") {
  DeployingApp app;
  for (const char* offer :
       {"", "[]", "{}", R"({"files":[{"path":"../x","mode":"0644","size":1,"sha256":"00"}]})",
        R"({"files":[],"base":"../x"})", R"({"files":[],"base":"abc","removed":["/etc/passwd"]})",
        R"({"files":[],"base":"abc","removed":"x"})"}) {
    INFO(offer);
    CHECK(refusal(app, app.offer(offer)).kind == RefusalKind::bad_offer);
  }
}

TEST_CASE("one byte more than an offer may have is refused, the last one under it is read") {
  DeployingApp app;
  const std::string offer = all_of({{"message.txt", "one"}});
  app.settings.offer_bytes = offer.size() - 1;
  app.restart();
  CHECK(refusal(app, app.offer(offer)).kind == RefusalKind::too_large);
  CHECK(refusal(app, app.offer(offer, {.content_length = offer.size()})).kind ==
        RefusalKind::too_large);
  app.settings.offer_bytes = offer.size();
  app.restart();
  CHECK(app.offer(offer, {.content_length = offer.size()}).ok());
}

TEST_CASE("only the client that has offered may send the rest, and only once") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  const Files files{{"message.txt", "two"}};
  const auto offered = app.offer(all_of(files));
  REQUIRE(offered.ok());
  using Body = UploadRequest::Body;
  for (const UploadRequest& stranger :
       {UploadRequest{.by = "bot@other", .body = Body::missing, .deploy = offered->deploy},
        UploadRequest{.body = Body::missing, .deploy = "d-0"},
        UploadRequest{.body = Body::missing}}) {
    const auto outcome = app.send(zip_bytes(files), stranger);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().kind == RefusalKind::not_awaited);
  }
  const auto busy = app.send(zip_bytes(files), {.by = "bot@other"});
  REQUIRE_FALSE(busy.ok());
  CHECK(busy.error().kind == RefusalKind::busy);
  CHECK(busy.error().running_deploy == offered->deploy);
  REQUIRE(app.send_rest(offered->deploy, files).ok());
  app.settle(offered->deploy);
  CHECK(app.send_rest(offered->deploy, files).error().kind == RefusalKind::not_awaited);
  CHECK(app.served() == "two");
}

TEST_CASE("a client that comes again has given up what it offered before") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  const auto first = app.offer(all_of({{"message.txt", "two"}}));
  REQUIRE(first.ok());
  const Files files{{"message.txt", "three"}};
  deploy_offered(app, all_of(files), files);
  CHECK(app.served() == "three");
  CHECK_FALSE(app.deployer().status(first->deploy));
}

TEST_CASE("an offer whose missing files do not come frees the lock, and the journal says so") {
  DeployingApp app;
  app.settings.offer_time = std::chrono::milliseconds(20);
  app.restart();
  const auto offered = app.offer(all_of({{"message.txt", "two"}}));
  REQUIRE(offered.ok());
  app.run_until([&app] { return !app.store().lock_holder(); });
  CHECK(app.status(offered->deploy).state == DeployState::failed);
  CHECK(app.status(offered->deploy).error.code == "upload-overdue");
  CHECK(app.last_line().event == EventKind::refused);
  CHECK(app.staging_is_empty());
}

TEST_CASE("missing files that break off leave nothing, and the next deploy may come") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  const Files files{{"message.txt", "two"}};
  const auto offered = app.offer(all_of(files));
  REQUIRE(offered.ok());
  auto upload = app.deployer().begin(
      {.by = "bot@laptop", .body = UploadRequest::Body::missing, .deploy = offered->deploy});
  REQUIRE(upload.ok());
  REQUIRE((*upload)->write("PK").ok());
  upload->reset();
  CHECK_FALSE(app.store().lock_holder());
  CHECK(app.staging_is_empty());
  app.deploy(files);
  CHECK(app.served() == "two");
}

TEST_CASE("an app that ends while files are awaited leaves nothing to the next one") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  const Files files{{"message.txt", "two"}, {"more.txt", "more"}};
  REQUIRE(app.offer(all_of(files)).ok());
  app.restart();
  CHECK(app.staging_is_empty());
  app.deploy(files);
  CHECK(app.served() == "two");
}
