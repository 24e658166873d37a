#include "deploy/deployer.hpp"

#include "deploying_app.hpp"

using namespace ops::deploy;
using ops::release::EventKind;

namespace {

std::vector<EventKind> journal_of(DeployingApp& app, const std::string& deploy) {
  std::vector<EventKind> events;
  const auto entries = app.store().journal().read();
  REQUIRE(entries.ok());
  for (const auto& entry : *entries) {
    if (entry.deploy == deploy) events.push_back(entry.event);
  }
  return events;
}

std::string event_names(DeployingApp& app, const std::string& deploy) {
  std::string names;
  for (const auto& event : app.deployer().events(deploy, 0)) {
    names += std::to_string(event.number) + " " + event.name + "\n";
  }
  return names;
}

}  // namespace

TEST_CASE("a deploy is received, published and switched, and the app is told once") {
  DeployingApp app;
  const std::string body = zip_bytes({{"message.txt", "new"}, {"bin/run*", "#!/bin/sh\n"}});
  auto upload = app.deployer().begin({.by = "bot@laptop", .content_length = body.size()});
  REQUIRE(upload.ok());
  const std::string deploy = (*upload)->deploy();
  CHECK(app.status(deploy).state == DeployState::receiving);
  for (std::size_t at = 0; at < body.size(); at += 100) {
    REQUIRE((*upload)->write(std::string_view(body).substr(at, 100)).ok());
  }
  const auto answer = app.finish(std::move(upload).value());
  REQUIRE(answer.ok());
  CHECK(answer->deploy == deploy);
  CHECK(answer->state == DeployState::extracting);
  CHECK(app.served() == "image");
  app.settle(deploy);

  CHECK(app.switched() == 1);
  CHECK(app.served() == "new");
  const DeployStatus status = app.status(deploy);
  CHECK(status.state == DeployState::starting);
  CHECK(status.release == *app.store().current());
  CHECK(status.source.substr(0, 12) == status.release);
  CHECK(status.error.message.empty());
  for (const char* phase : {"receiving", "extracting", "publishing"}) {
    CHECK(status.timings.contains(phase));
  }
  CHECK(app.staging_is_empty());
  CHECK(std::filesystem::exists(app.file("manifests/" + status.release + ".json")));
  CHECK(journal_of(app, deploy) ==
        std::vector{EventKind::received, EventKind::published, EventKind::switched});
  CHECK(app.last_line().by == "bot@laptop");
  CHECK(app.store().journal().verify().ok());
}

TEST_CASE("the content hash is that of the files, wherever it was computed") {
  DeployingApp app;
  const Files files{{"message.txt", "new"}, {"bin/run*", "#!/bin/sh\n"}, {"a/b/c", ""}};
  const bool builds = GENERATE(false, true);
  if (builds) app.settings.build_command = "true";
  app.restart();
  app.deploy(files);
  const auto tree = ops::base::open_directory(app.file("current"));
  REQUIRE(tree.ok());
  const std::string hash = ops::release::read_manifest(tree->get())->content_hash();
  CHECK(*app.store().current() == hash.substr(0, 12));
  CHECK(app.store().history()->find(hash.substr(0, 12))->hash == hash);
}

TEST_CASE("a deploy ends when the supervisor found the release healthy and let go of the lock") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  app.end();
  auto held = std::make_optional(app.lock());
  REQUIRE(held->describe(deploy, "starting").ok());
  app.start();
  CHECK(app.status(deploy).state == DeployState::starting);
  CHECK(event_names(app, deploy) == "1 production.starting\n");
  REQUIRE(ops::release::pass_trial(app.store(), *held, *app.store().current()).ok());
  CHECK(app.status(deploy).state == DeployState::starting);
  CHECK(event_names(app, deploy) == "1 production.starting\n");
  held.reset();
  app.run_until([&] { return app.status(deploy).state == DeployState::running; });
  CHECK(event_names(app, deploy) == "1 production.starting\n2 production.ready\n3 stream.end\n");
  CHECK(app.status(deploy).timings.contains("starting"));
  CHECK(app.status(deploy).timings.contains("publishing"));
}

TEST_CASE("a watcher hears of it when another process writes the journal or frees the lock") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "new"}});
  app.end();
  auto held = std::make_optional(app.lock());
  app.start();
  bool heard = false;
  app.deployer().on_change([&] {
    heard = true;
    app.loop().stop();
  });
  REQUIRE(ops::release::pass_trial(app.store(), *held, *app.store().current()).ok());
  app.run_until([&] { return heard; });
  heard = false;
  held.reset();
  app.run_until([&] { return heard && is_end(app.status(deploy).state); });
  CHECK(app.status(deploy).state == DeployState::running);
}

TEST_CASE("a failed trial is told by the next process, with the reason") {
  DeployingApp app;
  const std::string deploy = app.deploy({{"message.txt", "bad"}});
  app.fail("exited with 1: cannot open the port");
  CHECK(app.served() == "image");
  CHECK(app.status(deploy).state == DeployState::rolled_back);
  CHECK(app.status(deploy).error.message == "exited with 1: cannot open the port");
  CHECK(app.status(deploy).error.code == "not-ready");
  CHECK(event_names(app, deploy) == "1 production.starting\n2 production.error\n3 stream.end\n");
}

TEST_CASE("sources that serve already are unchanged at once") {
  DeployingApp app;
  const std::string release = app.serve({{"message.txt", "new"}});
  const std::string before = app.releases_as_they_are();
  const auto answer = app.send(zip_bytes({{"message.txt", "new"}}));
  REQUIRE(answer.ok());
  CHECK(answer->state == DeployState::unchanged);
  CHECK(app.status(answer->deploy).state == DeployState::unchanged);
  CHECK(app.status(answer->deploy).release == release);
  CHECK(app.switched() == 0);
  CHECK(app.staging_is_empty());
  CHECK_FALSE(app.store().lock_holder());
  CHECK(app.releases_as_they_are() == before);
  CHECK(event_names(app, answer->deploy) == "1 stream.end\n");
}

TEST_CASE("other sources that build to what serves already are unchanged") {
  DeployingApp app;
  app.settings.build_command = "rm -f comment";
  app.restart();
  app.serve({{"message.txt", "new"}});
  const std::string deploy =
      app.deploy({{"message.txt", "new"}, {"comment", "only in the sources"}});
  CHECK(app.status(deploy).state == DeployState::unchanged);
  CHECK(app.switched() == 0);
  CHECK(app.staging_is_empty());
}

TEST_CASE("a release that failed its trial is refused, unless it is forced") {
  DeployingApp app;
  const Files bad{{"message.txt", "bad"}};
  app.deploy(bad);
  app.fail("exited with 1");
  const std::string before = app.releases_as_they_are();
  const auto refused = app.send(zip_bytes(bad));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::failed_before);
  CHECK(app.releases_as_they_are() == before);
  CHECK(app.staging_is_empty());

  const auto forced = app.send(zip_bytes(bad), {.force = true});
  REQUIRE(forced.ok());
  app.settle(forced->deploy);
  CHECK(app.served() == "bad");
  CHECK(ops::release::trial_need(*app.store().history(), *app.store().current()) ==
        ops::release::TrialNeed::on_trial);
}

TEST_CASE("other sources that build to a failed release fail, unless they are forced") {
  DeployingApp app;
  app.settings.build_command = "rm -f comment";
  app.restart();
  app.deploy({{"message.txt", "bad"}});
  app.fail("exited with 1");
  const std::string deploy = app.deploy({{"message.txt", "bad"}, {"comment", "1"}});
  CHECK(app.status(deploy).state == DeployState::failed);
  CHECK(app.served() == "image");
  const auto forced =
      app.send(zip_bytes({{"message.txt", "bad"}, {"comment", "2"}}), {.force = true});
  REQUIRE(forced.ok());
  app.settle(forced->deploy);
  CHECK(app.served() == "bad");
}

TEST_CASE("sources that serve already are unchanged although a later build of them failed") {
  DeployingApp app;
  app.settings.build_command = "cat " + app.place().file("stamp") + " > stamp";
  app.place().write("stamp", "1");
  app.restart();
  const Files sources{{"message.txt", "one"}};
  const std::string one = app.serve(sources);
  app.serve({{"message.txt", "two"}});
  app.place().write("stamp", "2");
  app.deploy(sources);
  app.fail("exited with 1");
  REQUIRE(app.roll_back(one).ok());
  app.pass();
  const auto answer = app.send(zip_bytes(sources));
  REQUIRE(answer.ok());
  CHECK(answer->state == DeployState::unchanged);
}

TEST_CASE("a deploy that has switched is no failed one although `previous` cannot be pointed") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  std::filesystem::remove(app.file("previous"));
  std::filesystem::create_directory(app.file("previous"));
  const std::string deploy = app.deploy({{"message.txt", "two"}});
  CHECK(app.switched() == 1);
  CHECK(app.served() == "two");
  CHECK(app.status(deploy).state == DeployState::starting);
  CHECK(app.log().find("cannot point `previous` to") != std::string::npos);
}

TEST_CASE("a journal whose lines do not belong together is told in the log at the start") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  app.end();
  std::string journal = app.place().read("releases/releases.log");
  journal.replace(journal.find("\"image\""), 7, "\"imagE\"");
  app.place().write("releases/releases.log", journal);
  app.start();
  app.wait_until([&] {
    return app.log().find("line 2: it does not carry the hash of the line before") !=
           std::string::npos;
  });
}

TEST_CASE("one bad line of the journal keeps no deploy from being taken, and is told in the log") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}});
  app.end();
  app.place().write("releases/releases.log",
                    "not json\n" + app.place().read("releases/releases.log"));
  app.start();
  CHECK(app.log().find("releases.log: line 1 is passed over") != std::string::npos);
  app.serve({{"message.txt", "two"}});
  CHECK(app.served() == "two");
}

TEST_CASE("the files of releases that retention lets go are removed by the next process") {
  DeployingApp app;
  const std::string first = app.serve({{"message.txt", "1"}});
  app.serve({{"message.txt", "2"}});
  app.serve({{"message.txt", "3"}});
  CHECK_FALSE(app.store().has(first));
  app.wait_until([&] { return std::filesystem::is_empty(app.file("staging")); });
}

TEST_CASE("going back to older content by deploying it is judged anew and ends healthy") {
  DeployingApp app;
  const std::string first = app.serve({{"message.txt", "one"}});
  app.serve({{"message.txt", "two"}});
  const std::string deploy = app.deploy({{"message.txt", "one"}});
  CHECK(*app.store().current() == first);
  CHECK(app.status(deploy).state == DeployState::starting);
  app.pass();
  CHECK(app.status(deploy).state == DeployState::running);
}

TEST_CASE("retention keeps as many healthy releases as the settings say") {
  DeployingApp app;
  app.settings.keep = 3;
  app.restart();
  std::vector<std::string> ids;
  for (const char* message : {"1", "2", "3", "4"}) {
    ids.push_back(app.serve({{"message.txt", message}}));
  }
  CHECK_FALSE(app.store().has(ids[0]));
  for (std::size_t n = 1; n < 4; ++n) CHECK(app.store().has(ids[n]));
}

TEST_CASE("a deploy that nobody knows has neither a status nor events") {
  DeployingApp app;
  for (const char* id : {"", "d-0123456789abcdef0123", "../../etc/passwd", "image"}) {
    INFO(id);
    CHECK_FALSE(app.deployer().status(id));
    CHECK(app.deployer().events(id, 0).empty());
  }
}
