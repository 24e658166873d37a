// Deploys under server-runner --overlap: the old process serves until the new one has proved
// itself.

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "deploy/demo.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::chrono_literals;

Demo overlapping(std::vector<std::string> options = {}) {
  options.insert(options.begin(), "--overlap");
  return Demo({}, std::move(options));
}

template <typename Done>
void await(const Demo& demo, const Done& done) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!done()) {
    INFO(demo.log());
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(2ms);
  }
}

bool runs(pid_t process) { return ::kill(process, 0) == 0 || errno != ESRCH; }

json status_of(const Demo& demo, const std::string& deploy) {
  const HttpAnswer answer = demo.get("/admin/deploys/" + deploy, demo.sign_in());
  REQUIRE(answer.status == 200);
  return json::parse(answer.body);
}

std::string accepted_deploy(const Demo& demo) {
  const auto answer = demo.upload(demo.zip());
  REQUIRE(answer);
  INFO(answer->body);
  REQUIRE(answer->status == 202);
  return json::parse(answer->body)["deployId"];
}

void await_state(const Demo& demo, const std::string& deploy, const std::string& state) {
  await(demo, [&] { return demo.state_of(deploy) == state; });
}

std::string link(const Demo& demo, const char* name) {
  std::error_code none;
  return fs::read_symlink(demo.releases() + "/" + name, none).filename().string();
}

/// Clients that ask again and again, each request on a connection of its own.
class Clients {
 public:
  /// Whoever gets `unwanted` for an answer was served by the wrong process.
  explicit Clients(const Demo& demo, std::string unwanted = {}) : unwanted_(std::move(unwanted)) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, port = demo.port()] { ask(port); });
  }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;
  ~Clients() { stop(); }

  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] int answered() const { return answered_; }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  void ask(int port) {
    while (!stop_) {
      const auto answer = request(port, "GET", "/");
      const bool good = answer && answer->status == 200 && answer->body != unwanted_;
      ++(good ? answered_ : failed_);
      std::this_thread::sleep_for(1ms);
    }
  }

  std::string unwanted_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> answered_ = 0;
  std::atomic<int> failed_ = 0;
  std::vector<std::thread> threads_;
};

TEST_CASE("with --overlap the old process serves while the new one boots, and then ends with 0") {
  Demo demo = overlapping();
  Clients clients(demo);
  const pid_t old_process = demo.app();
  demo.edit("message.txt", "new");
  demo.edit("slow-start", "500");

  const std::string deploy = accepted_deploy(demo);
  await_state(demo, deploy, "starting");
  int served_by_old = 0;
  while (demo.state_of(deploy) == "starting") {
    const HttpAnswer pid = demo.get("/pid"), ready = demo.get("/readyz");
    // When the new process has taken over, the old one drains.
    if (demo.state_of(deploy) != "starting") break;
    // Until then whoever answers can serve.
    CHECK(ready.status == 200);
    if (pid.body == std::to_string(old_process) + "\n") ++served_by_old;
  }

  CHECK(served_by_old > 0);
  CHECK(demo.state_of(deploy) == "running");
  await(demo, [&] { return !runs(old_process); });
  CHECK(demo.message() == "new");
  CHECK(demo.app() != old_process);
  const std::string ended = "ended pid=" + std::to_string(old_process) + " code=0";
  await(demo, [&] { return demo.log().find(ended) != std::string::npos; });
  clients.stop();
  CHECK(clients.failed() == 0);
  CHECK(clients.answered() > 0);
}

TEST_CASE("with --overlap deploys in a row lose no request, and each is served when it has ended") {
  Demo demo = overlapping();
  Clients clients(demo);
  for (const char* message : {"one", "two", "three"}) {
    demo.edit("message.txt", message);
    const Outcome deploy = demo.ops({"deploy", "quick", "--json"});
    INFO(deploy.err << demo.log());
    REQUIRE(deploy.status == 0);
    CHECK(json::parse(deploy.out)["state"] == "running");
    // The old process may have taken a connection in its last moment.
    await(demo, [&] { return demo.message() == message; });
    CHECK(json::parse(deploy.out)["release"] == link(demo, "current"));
  }
  clients.stop();
  CHECK(clients.failed() == 0);
  CHECK(clients.answered() > 0);
}

TEST_CASE("with --overlap the next deploy waits for a request that the old process still answers") {
  Demo demo = overlapping();
  const pid_t first = demo.app();
  HttpConnection slow(demo.port());
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  REQUIRE(slow.send("GET /pid" + end + "GET /slow?ms=700" + end));
  REQUIRE(slow.read_answer());
  for (const char* message : {"one", "two"}) {
    demo.edit("message.txt", message);
    const Outcome deploy = demo.deploy();
    INFO(deploy.err << demo.log());
    CHECK(deploy.status == 0);
  }
  const auto answer = slow.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "slow\n");
  CHECK_FALSE(runs(first));
  await(demo, [&] { return demo.message() == "two"; });
}

TEST_CASE("with --overlap a release that fails its trial leaves the same process serving") {
  Demo demo = overlapping({"--ready-timeout", "0.6"});
  demo.edit("message.txt", "good");
  REQUIRE(demo.deploy().status == 0);
  const std::string good = link(demo, "current");
  await(demo, [&] { return demo.message() == "good"; });
  const pid_t process = demo.app();
  Clients clients(demo, "bad");
  demo.edit("message.txt", "bad");
  const std::string fault = GENERATE("fail-to-start", "never-ready");
  demo.edit(fault, "");

  const Outcome deploy = demo.ops({"deploy", "quick", "--json"});

  INFO(fault << "\n" << deploy.err << demo.log());
  CHECK(deploy.status == 13);
  const std::string id = json::parse(deploy.out)["deployId"];
  CHECK(demo.app() == process);
  CHECK(demo.message() == "good");
  CHECK(demo.release() == good);
  CHECK(demo.get("/readyz").status == 200);
  const json status = status_of(demo, id);
  CHECK(status["state"] == "rolled-back");
  CHECK(status["error"]["code"] == "not-ready");
  const std::string events = demo.get("/admin/deploys/" + id + "/events", demo.sign_in()).body;
  CHECK(events.find("event: production.error") != std::string::npos);
  CHECK(events.find("event: stream.end\ndata: {\"state\":\"rolled-back\"}") != std::string::npos);
  CHECK(link(demo, "current") == good);
  CHECK(link(demo, "previous") == "image");
  const std::string journal = demo.directory().read("releases/releases.log");
  CHECK(journal.find("\"event\":\"reverted\"") != std::string::npos);

  demo.remove(fault);
  demo.edit("message.txt", "mended");
  const Outcome next = demo.deploy();
  INFO(next.err << demo.log());
  CHECK(next.status == 0);
  await(demo, [&] { return demo.message() == "mended"; });
  clients.stop();
  CHECK(clients.failed() == 0);
  CHECK(clients.answered() > 0);
}

TEST_CASE("with --overlap nothing is deployed while a release is on trial, and all are told why") {
  Demo demo = overlapping({"--ready-timeout", "0.8"});
  demo.edit("message.txt", "bad");
  demo.edit("never-ready", "");
  const std::string first = accepted_deploy(demo);
  demo.edit("message.txt", "too early");
  const std::string zip = demo.zip();
  int named = 0;
  // From the moment on in which the old process lets go of the lock.
  while (demo.state_of(first) != "rolled-back") {
    const auto second = demo.upload(zip);
    REQUIRE(second);
    if (second->status == 202) break;
    CHECK(second->status == 409);
    // The one who is letting go of the lock has said already that he holds it for nobody.
    if (!second->headers.contains("location")) continue;
    CHECK(second->headers.at("location") == "/admin/deploys/" + first);
    ++named;
  }
  CHECK(named > 0);
  CHECK(demo.state_of(first) == "rolled-back");
  CHECK(demo.message() == "old");
}

TEST_CASE(
    "with --overlap the events of a deploy go on in the new process where the old one ended") {
  Demo demo = overlapping();
  demo.edit("message.txt", "new");
  demo.edit("slow-start", "300");
  const std::string deploy = accepted_deploy(demo);
  await_state(demo, deploy, "starting");
  const std::string path = "/admin/deploys/" + deploy + "/events", headers = demo.sign_in();
  std::string all;
  int streams = 0;
  while (all.find("event: stream.end") == std::string::npos) {
    REQUIRE(++streams <= 3);
    const auto last = all.rfind("id: ");
    const std::string seen =
        last == std::string::npos ? "" : std::to_string(std::atoi(all.c_str() + last + 4));
    all += demo.get(path, headers + (seen.empty() ? "" : "Last-Event-ID: " + seen + "\r\n")).body;
  }
  INFO(all << demo.log());
  for (const char* event : {"production.starting", "production.ready", "stream.end"}) {
    const std::string line = std::string("event: ") + event + "\n";
    CHECK(all.find(line) != std::string::npos);
    CHECK(all.find(line) == all.rfind(line));
  }
}

TEST_CASE("with --overlap a rollback keeps the old process serving until the other release does") {
  Demo demo = overlapping();
  for (const char* message : {"one", "two"}) {
    demo.edit("message.txt", message);
    REQUIRE(demo.deploy().status == 0);
  }
  const std::string one = link(demo, "previous"), two = link(demo, "current");
  Clients clients(demo);
  const std::vector<std::pair<std::string, std::string>> steps = {
      {"previous", "one"}, {two, "two"}, {"image", "old"}, {one, "one"}};
  for (const auto& [to, message] : steps) {
    const Outcome back = demo.ops({"deploy", "rollback", to});
    INFO(to << "\n" << back.err << demo.log());
    CHECK(back.status == 0);
    await(demo, [&, text = message] { return demo.message() == text; });
  }
  clients.stop();
  CHECK(clients.failed() == 0);
  CHECK(clients.answered() > 0);
  CHECK(link(demo, "current") == one);
}

TEST_CASE("an app that cannot ask for its successor ends with the restart code, and says so") {
  Demo demo = overlapping({"--ready", "settle:0.1"});
  const pid_t old_process = demo.app();
  std::ifstream file("/proc/" + std::to_string(old_process) + "/environ", std::ios::binary);
  const std::string environment{std::istreambuf_iterator<char>(file), {}};
  const std::string name = "NOTIFY_SOCKET=";
  const auto at = environment.find(name);
  REQUIRE(at != std::string::npos);
  REQUIRE(fs::remove(environment.c_str() + at + name.size()));
  Clients clients(demo);
  demo.edit("message.txt", "new");

  const Outcome deploy = demo.deploy();

  INFO(deploy.err << demo.log());
  CHECK(deploy.status == 0);
  CHECK(demo.message() == "new");
  CHECK_FALSE(runs(old_process));
  CHECK(demo.log().find("ending with the restart code instead restart-code=99") !=
        std::string::npos);
  clients.stop();
  CHECK(clients.failed() == 0);
}

TEST_CASE("an app whose loop hangs gives no sign of life, and is aborted and started again") {
  Demo demo({}, {"--watchdog", "0.3"});
  const pid_t process = demo.app();
  // Alive for longer than the watchdog waits.
  std::this_thread::sleep_for(600ms);
  CHECK(demo.app() == process);
  REQUIRE(::kill(process, SIGSTOP) == 0);
  const pid_t next = demo.app();  // the socket's queue does the waiting
  INFO(demo.log());
  CHECK(next != process);
  CHECK(demo.log().find("signal=ABRT") != std::string::npos);
}

}  // namespace
