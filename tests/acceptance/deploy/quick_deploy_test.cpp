#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "deploy/demo.hpp"

namespace {

using nlohmann::json;

/// A request that the app has, and takes its time to answer: what came before it in the same bytes
/// has been answered.
HttpConnection begin_slow_request(const Demo& demo, const std::string& milliseconds) {
  HttpConnection connection(demo.port());
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  REQUIRE(connection.send("GET /pid" + end + "GET /slow?ms=" + milliseconds + end));
  const auto pid = connection.read_answer();
  REQUIRE(pid);
  CHECK(pid->body == std::to_string(demo.app()) + "\n");
  return connection;
}

TEST_CASE("a quick deploy serves the changed file, under the same supervisor, by a new process") {
  Demo demo;
  CHECK(demo.message() == "old");
  CHECK(demo.release() == "image");
  const std::string old_process = demo.get("/pid").body;
  demo.edit("message.txt", "new");

  const Outcome deploy = demo.ops({"deploy", "quick", "--json"});

  INFO(deploy.err << demo.log());
  REQUIRE(deploy.status == 0);
  CHECK(demo.message() == "new");
  CHECK(demo.get("/pid").body != old_process);
  const json result = json::parse(deploy.out);
  CHECK(result["ok"] == true);
  CHECK(result["state"] == "running");
  CHECK(result["release"] == demo.release());
}

TEST_CASE(
    "a quick deploy sends only what no kept release has, also when it has been forgotten here") {
  Demo demo;
  demo.edit("message.txt", "one");
  demo.edit("assets/large.bin", std::string(100'000, 'x'));
  const Outcome first = demo.deploy();
  CHECK(first.status == 0);
  CHECK(first.err.find(" files that the server lacks") != std::string::npos);

  demo.edit("message.txt", "two");
  const Outcome second = demo.deploy();
  INFO(second.err << demo.log());
  CHECK(second.status == 0);
  CHECK(second.err.find("packed    1 file that the server lacks") != std::string::npos);
  CHECK(demo.message() == "two");

  std::filesystem::remove_all(demo.directory().file("cache"));
  demo.edit("message.txt", "one");
  demo.edit("copy.bin", std::string(100'000, 'x'));
  const Outcome third = demo.deploy();
  CHECK(third.status == 0);
  CHECK(third.err.find("packed    no file that the server lacks") != std::string::npos);
  CHECK(demo.message() == "one");
}

TEST_CASE("deploying what serves already changes nothing and says so") {
  Demo demo;
  demo.edit("message.txt", "new");
  REQUIRE(demo.deploy().status == 0);
  const std::string process = demo.get("/pid").body;
  const Outcome again = demo.deploy();
  CHECK(again.status == 0);
  CHECK((again.out + again.err).find("unchanged") != std::string::npos);
  CHECK(demo.get("/pid").body == process);
}

TEST_CASE("the service runs on whatever becomes of a deploy, and /admin/production says so") {
  Demo demo({"--build", "test ! -e broken"});
  const auto production = [&demo] {
    const auto answer = demo.get("/admin/production", demo.sign_in());
    CHECK(answer.status == 200);
    return json::parse(answer.body);
  };
  CHECK(production()["status"] == "running");
  CHECK(production()["hash"] == "image");
  CHECK(production()["port"] == demo.port());
  CHECK(production()["activeJob"].is_null());
  demo.edit("broken", "");
  CHECK(demo.deploy().status == 12);
  CHECK(production()["status"] == "running");
  CHECK(production()["hash"] == "image");
  CHECK(production()["error"].is_null());
  demo.remove("broken");
  demo.edit("message.txt", "new");
  REQUIRE(demo.deploy().status == 0);
  CHECK(production()["status"] == "running");
  CHECK(production()["hash"] == demo.release());
}

TEST_CASE("no request is refused or broken while a deploy switches") {
  Demo demo;
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, failed = 0;
  std::thread client([&] {
    while (!stop) {
      const auto answer = request(demo.port(), "GET", "/");
      ++(answer && answer->status == 200 ? answered : failed);
    }
  });
  for (const char* message : {"one", "two", "three"}) {
    demo.edit("message.txt", message);
    CHECK(demo.deploy().status == 0);
    CHECK(demo.message() == message);
  }
  stop = true;
  client.join();
  CHECK(failed == 0);
  CHECK(answered > 0);
}

TEST_CASE("a request in flight is finished before the old process goes") {
  Demo demo;
  const pid_t old_process = demo.app();
  HttpConnection slow = begin_slow_request(demo, "1500");
  demo.edit("message.txt", "new");
  CHECK(demo.deploy().status == 0);
  const auto answer = slow.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "slow\n");
  CHECK(demo.app() != old_process);
}

TEST_CASE("a release that exits at its start is taken back, and the one before it serves on") {
  Demo demo;
  demo.edit("message.txt", "good");
  REQUIRE(demo.deploy().status == 0);
  const std::string good = demo.release();
  demo.edit("message.txt", "bad");
  demo.edit("fail-to-start", "");

  const Outcome deploy = demo.deploy();

  INFO(deploy.err << demo.log());
  CHECK(deploy.status == 13);
  CHECK(demo.message() == "good");
  CHECK(demo.release() == good);

  SECTION("the same release is not taken again, unless by force") {
    const Outcome again = demo.deploy();
    INFO(again.err);
    CHECK(again.status != 0);
    CHECK((again.out + again.err).find("--force") != std::string::npos);
    CHECK(demo.ops({"deploy", "quick", "--force"}).status == 13);
    CHECK(demo.message() == "good");
  }
  SECTION("a mended release is taken") {
    demo.remove("fail-to-start");
    CHECK(demo.deploy().status == 0);
    CHECK(demo.message() == "bad");
  }
}

TEST_CASE("a release that never gets ready is taken back when its time is over") {
  Demo demo({}, {"--ready-timeout", "1"});
  demo.edit("message.txt", "new");
  demo.edit("never-ready", "");
  const Outcome deploy = demo.deploy();
  INFO(deploy.err << demo.log());
  CHECK(deploy.status == 13);
  CHECK(demo.message() == "old");
}

TEST_CASE("a release that takes its time to get ready is waited for") {
  Demo demo;
  demo.edit("message.txt", "new");
  demo.edit("slow-start", "700\n");
  CHECK(demo.deploy().status == 0);
  CHECK(demo.message() == "new");
}

TEST_CASE("a build that fails changes nothing that runs, and its output is shown") {
  Demo demo({"--build", "echo building; test ! -e break-the-build"});
  demo.edit("message.txt", "good");
  const Outcome good = demo.deploy();
  INFO(good.err << demo.log());
  REQUIRE(good.status == 0);
  CHECK(good.err.find("building") != std::string::npos);
  const std::string before = demo.releases_as_text(), process = demo.get("/pid").body;
  demo.edit("break-the-build", "");
  const Outcome bad = demo.deploy();
  INFO(bad.err);
  CHECK(bad.status == 12);
  CHECK(demo.releases_as_text() == before);
  CHECK(demo.get("/pid").body == process);
}

TEST_CASE("what a build makes is a part of the release") {
  Demo demo({"--build", "tr a-z A-Z < source.txt > message.txt"});
  demo.edit("source.txt", "shout");
  const Outcome deploy = demo.deploy();
  INFO(deploy.err);
  CHECK(deploy.status == 0);
  CHECK(demo.message() == "SHOUT");
}

TEST_CASE("a build sees neither the password nor the sockets") {
  Demo demo({"--build", "env > message.txt"});
  demo.edit("source.txt", "x");
  REQUIRE(demo.deploy().status == 0);
  const std::string environment = demo.message();
  CHECK(environment.find("PATH=") != std::string::npos);
  CHECK(environment.find(Demo::password_text) == std::string::npos);
  CHECK(environment.find("LISTEN_FDS") == std::string::npos);
  CHECK(environment.find("NOTIFY_SOCKET") == std::string::npos);
}

TEST_CASE("a second deploy while one builds is refused and told which one runs") {
  Demo demo({"--build", "while true; do sleep 0.01; done"});
  demo.edit("message.txt", "first");
  const auto first = demo.upload(demo.zip());
  REQUIRE(first);
  REQUIRE(first->status == 202);
  demo.edit("message.txt", "second");
  const Outcome second = demo.deploy();
  INFO(second.err);
  CHECK(second.status == 11);
  CHECK(second.err.find(json::parse(first->body)["deployId"].get<std::string>()) !=
        std::string::npos);
  CHECK(demo.message() == "old");
}

TEST_CASE("a wrong password ends with exit code 10 and changes nothing") {
  Demo demo;
  const std::string before = demo.releases_as_text();
  demo.edit("message.txt", "new");
  CHECK(demo.ops({"deploy", "quick"}, "not the right password").status == 10);
  CHECK(demo.releases_as_text() == before);
  CHECK(demo.message() == "old");
}

TEST_CASE("history lists the releases, and rollback goes back and forward") {
  Demo demo;
  for (const char* message : {"one", "two"}) {
    demo.edit("message.txt", message);
    REQUIRE(demo.deploy().status == 0);
  }
  const std::string two = demo.release();
  const Outcome back = demo.ops({"deploy", "rollback", "previous"});
  INFO(back.err << demo.log());
  CHECK(back.status == 0);
  CHECK(demo.message() == "one");
  const std::string one = demo.release();
  CHECK(demo.ops({"deploy", "rollback", two}).status == 0);
  CHECK(demo.message() == "two");
  CHECK(demo.ops({"deploy", "rollback", "image"}).status == 0);
  CHECK(demo.message() == "old");
  const Outcome history = demo.ops({"deploy", "history"});
  CHECK(history.status == 0);
  CHECK(history.out.find(one) != std::string::npos);
  CHECK(history.out.find(two) != std::string::npos);
}

TEST_CASE("carried paths come from the release before, shared ones are links to one directory") {
  const TemporaryDirectory outside;
  Demo demo({"--carry", "node_modules", "--shared", "data=" + outside.path().string(), "--build",
             "cat node_modules/module.txt > message.txt"});
  demo.directory().write("image/node_modules/module.txt", "carried");
  demo.edit("source.txt", "x");
  const Outcome deploy = demo.deploy();
  INFO(deploy.err << demo.log());
  REQUIRE(deploy.status == 0);
  CHECK(demo.message() == "carried");
  namespace fs = std::filesystem;
  const fs::path shared = demo.directory().path() / "releases" / demo.release() / "data";
  CHECK(fs::read_symlink(shared) == outside.path());
}

TEST_CASE("the event stream of a deploy survives the restart, from any point") {
  Demo demo({"--build", "echo first line; echo second line"});
  demo.edit("message.txt", "new");
  const Outcome deploy = demo.ops({"deploy", "quick", "--json"});
  REQUIRE(deploy.status == 0);
  const std::string id = json::parse(deploy.out)["deployId"];
  const std::string headers = demo.sign_in(), path = "/admin/deploys/" + id + "/events";
  const std::string all = demo.get(path, headers).body;
  CHECK(all.find("id: 1\nevent: production.building\ndata: {\"message\":\"first line\"}\n\n") !=
        std::string::npos);
  CHECK(all.find("event: production.ready") != std::string::npos);
  CHECK(all.find("event: stream.end") != std::string::npos);
  const std::string rest = demo.get(path, headers + "Last-Event-ID: 1\r\n").body;
  CHECK(rest.find("id: 1\n") == std::string::npos);
  CHECK(rest.find("id: 2\n") != std::string::npos);
  CHECK(demo.get(path, headers + "Last-Event-ID: 99\r\n").status == 204);
}

TEST_CASE("a hostile archive is refused, named, and nothing is written") {
  Demo demo;
  const TemporaryDirectory outside;
  std::filesystem::create_symlink("/etc/passwd", outside.path() / "link");
  REQUIRE(run({.argv = {"zip", "-q", "-y", "hostile.zip", "link"}, .directory = outside.path()})
              .status == 0);
  const std::string before = demo.releases_as_text();
  const auto refused =
      request(demo.port(), "POST", "/admin/deploy-quick",
              demo.sign_in() + "Content-Type: application/zip\r\n", outside.read("hostile.zip"));
  REQUIRE(refused);
  CHECK(refused->status == 422);
  CHECK(json::parse(refused->body)["error"]["code"] == "archive-refused");
  CHECK(refused->body.find("link") != std::string::npos);
  CHECK(demo.releases_as_text() == before);
}

TEST_CASE("uploads are refused by their head: no key, no zip, no length") {
  Demo demo;
  const std::string headers = demo.sign_in(), zip_type = "Content-Type: application/zip\r\n";
  CHECK(request(demo.port(), "POST", "/admin/deploy-quick", zip_type, "x")->status == 401);
  CHECK(request(demo.port(), "POST", "/admin/deploy-quick", headers, "x")->status == 415);
  CHECK(request(demo.port(), "POST", "/admin/deploy-quick", headers + zip_type)->status == 411);
  CHECK(request(demo.port(), "POST", "/admin/deploy-quick", headers + zip_type, "no zip at all")
            ->status == 415);
  const auto wrong =
      request(demo.port(), "POST", "/admin/deploy-quick",
              headers + zip_type + "x-content-sha256: " + std::string(64, '0') + "\r\n", "x");
  CHECK(wrong->status == 400);
}

TEST_CASE("what begins with /admin/ is closed without a key, whether anything is there or not") {
  Demo demo;
  for (const char* path : {"/admin/xyz", "/admin/", "/admin/deploys/x", "/admin/production-history",
                           "/admin/deploy-quick"}) {
    INFO(path);
    CHECK(demo.get(path).status == 401);
  }
  CHECK(demo.get("/admin/xyz", demo.sign_in()).status == 404);
  CHECK(demo.get("/admin/deploy-quick", demo.sign_in()).status == 405);
  CHECK(demo.get("http://localhost/ping").body == "pong");
  CHECK(demo.get("http://localhost/admin/production-history", demo.sign_in()).status == 404);
}

TEST_CASE(
    "strangers who guess passwords neither fill the journal nor keep the server from serving") {
  Demo demo;
  HttpConnection guesser(demo.port());
  int refused = 0, told_to_wait = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string body =
        json{{"user", "user" + std::to_string(i)}, {"password", "x"}, {"deviceId", "d"}}.dump();
    REQUIRE(guesser.send("POST /auth HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                         std::to_string(body.size()) + "\r\n\r\n" + body));
    const auto answer = guesser.read_answer();
    REQUIRE(answer);
    ++(answer->status == 401 ? refused : told_to_wait);
  }
  CHECK(refused < 20);
  CHECK(told_to_wait > 1900);
  // Written in the background, and all is written when the app has ended.
  demo.supervisor().signal(SIGTERM);
  CHECK(demo.supervisor().wait() == 0);
  const std::string journal = demo.directory().read("releases/releases.log");
  CHECK(journal.find("login-failed") != std::string::npos);
  CHECK(std::count(journal.begin(), journal.end(), '\n') < 20);
  demo.start_again();
  CHECK(demo.message() == "old");
}

TEST_CASE("more idle connections than the soft limit of descriptors shut nobody out") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  if (before.rlim_max < 2000) {
    WARN("skipped: the hard limit of descriptors is below 2,000");
    return;
  }
  const rlimit small{.rlim_cur = 128, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &small) == 0);
  Demo demo;
  const rlimit large{.rlim_cur = 2000, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &large) == 0);
  std::vector<HttpConnection> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(demo.port());
  CHECK(demo.get("/ping").body == "pong");
  idle.clear();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("the password is in no log, no file of the releases and no environment") {
  Demo demo;
  demo.edit("message.txt", "new");
  const Outcome deploy = demo.deploy();
  REQUIRE(deploy.status == 0);
  const TemporaryDirectory copy;
  const auto environment =
      run({.argv = {"cat", "/proc/" + std::to_string(demo.app()) + "/environ"}});
  const auto grep =
      run({.argv = {"grep", "-r", Demo::password_text, demo.directory().file("releases")}});
  CHECK(environment.status == 0);
  CHECK(environment.out.find(Demo::password_text) == std::string::npos);
  CHECK(grep.out.empty());
  CHECK(demo.log().find(Demo::password_text) == std::string::npos);
  CHECK((deploy.out + deploy.err).find(Demo::password_text) == std::string::npos);
}

TEST_CASE("settings that no deploy could be made with end the app at its start, with one line") {
  const std::string hello = std::string(OPS_BINARY_DIR) + "/bin/hello";
  const std::vector<std::vector<std::string>> wrong = {{"--shared", "data=relative"},
                                                       {"--shared", "../data=/srv/data"},
                                                       {"--carry", "../x"},
                                                       {"--carry", "/etc"},
                                                       {"--keep", "1"}};
  for (std::vector<std::string> arguments : wrong) {
    const std::string setting = arguments.back();
    arguments.insert(arguments.begin(), hello);
    const Outcome ended = run({.argv = arguments});
    INFO(setting << ": " << ended.err);
    CHECK(ended.status == 64);
    CHECK(ended.err.starts_with("hello: "));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}

TEST_CASE("TERM to dumb-init drains the app and ends everything with 0") {
  Demo demo;
  HttpConnection slow = begin_slow_request(demo, "500");
  demo.supervisor().signal(SIGTERM);
  const auto answer = slow.read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(demo.supervisor().wait() == 0);
}

TEST_CASE("a release that ignores TERM is killed when the stop timeout is over") {
  Demo demo({}, {"--stop-timeout", "1"});
  demo.edit("ignore-term", "");
  REQUIRE(demo.deploy().status == 0);
  demo.supervisor().signal(SIGTERM);
  CHECK(demo.supervisor().wait() == 137);
}

}  // namespace
