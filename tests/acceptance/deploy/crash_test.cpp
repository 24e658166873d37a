// Deploys that are killed, at any moment, with everything that belongs to them.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "catch.hpp"
#include "deploy/demo.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void await_file(const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!fs::exists(path)) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(2ms);
  }
}

/// Whether the release that `current` points to holds all of one version.
void check_whole(const Demo& demo) {
  const auto read = [&demo](const std::string& name) {
    std::ifstream file(demo.releases() + "/current/" + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string message = demo.message();
  CHECK(read("message.txt") == message);
  if (message != "old") CHECK(read("zzz/last.txt") == message);
}

TEST_CASE("an app that is killed in the middle of a build leaves the old release serving") {
  const TemporaryDirectory place;
  Demo demo({"--build", "touch '" + place.file("building") + "'; while [ ! -e '" +
                            place.file("go") + "' ]; do sleep 0.01; done"});
  demo.edit("message.txt", "new");
  const auto accepted = demo.upload(demo.zip());
  REQUIRE(accepted);
  REQUIRE(accepted->status == 202);
  const std::string deploy = nlohmann::json::parse(accepted->body)["deployId"];
  await_file(place.file("building"));

  REQUIRE(::kill(demo.app(), SIGKILL) == 0);
  CHECK(demo.supervisor().wait() == 128 + SIGKILL);
  place.write("go", "");
  demo.start_again();

  CHECK(demo.message() == "old");
  CHECK(demo.state_of(deploy) == "failed");
  CHECK(fs::is_empty(demo.releases() + "/staging"));
  const Outcome next = demo.deploy();
  INFO(next.err << demo.log());
  CHECK(next.status == 0);
  CHECK(demo.message() == "new");
}

TEST_CASE("killed at any moment of a deploy, it serves one release or the other, whole") {
  Demo demo;
  std::string serving = "old";
  for (const auto moment : {0ms, 1ms, 2ms, 4ms, 8ms, 12ms, 16ms, 24ms, 32ms, 48ms, 64ms, 128ms}) {
    const std::string next = "after " + std::to_string(moment.count()) + " ms";
    INFO(next);
    demo.edit("message.txt", next);
    demo.edit("zzz/last.txt", next);
    const std::string zip = demo.zip(), headers = demo.sign_in();
    HttpConnection upload(demo.port());
    REQUIRE(upload.send("POST /admin/deploy-quick HTTP/1.1\r\nHost: localhost\r\n" + headers +
                        "Content-Type: application/zip\r\nContent-Length: " +
                        std::to_string(zip.size()) + "\r\n\r\n" + zip));
    // Whatever is being done by then is what is broken off.
    std::this_thread::sleep_for(moment);
    demo.supervisor().kill_with_all_children();
    demo.start_again();

    const std::string message = demo.message();
    INFO(demo.log());
    CHECK((message == serving || message == next));
    check_whole(demo);
    serving = message;
  }
  demo.edit("message.txt", "the last one");
  demo.edit("zzz/last.txt", "the last one");
  const Outcome last = demo.deploy();
  INFO(last.err << demo.log());
  CHECK(last.status == 0);
  CHECK(demo.message() == "the last one");
  CHECK(fs::is_empty(demo.releases() + "/staging"));
}

}  // namespace
