// Clients that keep their connections, as browsers and proxies do, while deploys go on.

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "deploy/demo.hpp"

namespace {

using namespace std::chrono_literals;

/// What several clients have seen.
struct Seen {
  std::atomic<int> answered = 0;
  std::atomic<int> broken = 0;  // idle connections that were closed as a request was sent
  std::atomic<int> lost = 0;    // requests that the next connection did not answer either
};

/// Asks again and again, with a pause, on one connection for as long as it is kept. It never looks
/// whether the connection still stands; RFC 9112 9.3.1 lets it try once more on another one.
void ask_until(const std::atomic<bool>& stop, int port, Seen& seen) {
  std::optional<HttpConnection> connection;
  while (!stop) {
    const bool kept = connection.has_value();
    if (!kept) connection.emplace(port);
    auto answer = connection->get("/");
    if (!answer && kept) {
      ++seen.broken;
      connection.emplace(port);
      answer = connection->get("/");
    }
    ++(answer && answer->status == 200 ? seen.answered : seen.lost);
    if (!answer || answer->headers["connection"] == "close") connection.reset();
    std::this_thread::sleep_for(30ms);
  }
}

TEST_CASE("clients that keep their connections lose no request to a deploy") {
  constexpr int clients = 8, deploys = 5;
  Demo demo;
  Seen seen;
  std::atomic<bool> stop = false;
  std::vector<std::thread> asking;
  for (int i = 0; i < clients; ++i) {
    asking.emplace_back([&] { ask_until(stop, demo.port(), seen); });
  }
  for (int i = 0; i < deploys; ++i) {
    demo.edit("message.txt", "number " + std::to_string(i));
    CHECK(demo.deploy().status == 0);
  }
  stop = true;
  for (std::thread& client : asking) client.join();
  CHECK(seen.lost == 0);
  CHECK(seen.answered > clients * deploys);
  // Each was told in time that its connection would be closed; on a busy machine one may come late.
  CHECK(seen.broken <= clients * deploys / 8);
}

}  // namespace
