#include "supervisor/readiness_watch.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/listen_address.hpp"
#include "loop/listener.hpp"
#include "loop/stream.hpp"

namespace {

using namespace std::chrono_literals;
using ops::base::UniqueFd;
using ops::loop::ListenAddress;
using ops::loop::Listener;
using ops::loop::Loop;
using ops::loop::Stream;
using ops::supervisor::Readiness;
using ops::supervisor::ReadinessWatch;

/// An app that answers each connection with the next of its answers, and then with the last.
class AnsweringApp {
 public:
  AnsweringApp(Loop& loop, std::vector<std::string> answers)
      : loop_(loop), answers_(std::move(answers)) {
    auto socket = ListenAddress::parse("127.0.0.1:0")->open();
    REQUIRE(socket.ok());
    const std::string address = *ops::loop::bound_address(socket->get());
    port_ = static_cast<unsigned short>(std::stoi(address.substr(address.rfind(':') + 1)));
    listener_ = std::make_unique<Listener>(loop, std::move(*socket),
                                           [this](UniqueFd fd) { accept(std::move(fd)); });
  }

  [[nodiscard]] unsigned short port() const { return port_; }
  [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

 private:
  void accept(UniqueFd fd) {
    const std::size_t index = streams_.size();
    requests_.emplace_back();
    streams_.push_back(std::make_unique<Stream>(
        loop_, std::move(fd),
        Stream::Events{.on_bytes = [this, index](std::string_view bytes) { take(index, bytes); },
                       .on_end = [] {},
                       .on_drained = {}}));
    streams_.back()->start_reading();
  }
  void take(std::size_t index, std::string_view bytes) {
    requests_[index] += bytes;
    if (!requests_[index].ends_with("\r\n\r\n")) return;
    streams_[index]->write(answers_[std::min(index, answers_.size() - 1)]);
  }

  Loop& loop_;
  std::vector<std::string> answers_;
  unsigned short port_ = 0;
  std::vector<std::string> requests_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::unique_ptr<Listener> listener_;
};

/// A port that is taken, so that nobody else can listen there, and that nobody listens on.
struct UnansweredPort {
  UnansweredPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const native = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket.get(), native, length) == 0);
    REQUIRE(::getsockname(socket.get(), native, &length) == 0);
    port = ntohs(address.sin_port);
  }

  UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  unsigned short port = 0;
};

enum class Verdict { ready, timeout };

Verdict verdict_of(Loop& loop, const Readiness& readiness) {
  std::optional<Verdict> verdict;
  std::optional<ReadinessWatch> watch;
  const auto conclude = [&](Verdict how) {
    REQUIRE_FALSE(verdict.has_value());
    verdict = how;
    // Its owner lets go of it at that moment.
    watch.reset();
    loop.stop();
  };
  watch.emplace(loop, readiness,
                ReadinessWatch::Events{.on_ready = [&] { conclude(Verdict::ready); },
                                       .on_timeout = [&] { conclude(Verdict::timeout); }});
  loop.run();
  REQUIRE(verdict.has_value());
  return *verdict;
}

Readiness probing(Readiness::Sign sign, unsigned short port) {
  return {.sign = sign, .host = "127.0.0.1", .port = port, .path = "/readyz?x=1", .timeout = 10s};
}

}  // namespace

TEST_CASE("an app that has run for its settle time is ready") {
  Loop loop;
  CHECK(verdict_of(loop, {.sign = Readiness::Sign::settle, .settle = 1ms, .timeout = 10s}) ==
        Verdict::ready);
}

TEST_CASE("an app that must say so itself is not ready by time alone") {
  Loop loop;
  CHECK(verdict_of(loop, {.sign = Readiness::Sign::notify, .settle = 1ms, .timeout = 20ms}) ==
        Verdict::timeout);
}

TEST_CASE("an app that accepts a connection is ready by tcp") {
  Loop loop;
  const AnsweringApp app(loop, {""});
  CHECK(verdict_of(loop, probing(Readiness::Sign::tcp, app.port())) == Verdict::ready);
}

TEST_CASE("an app that nobody can connect to is not ready") {
  Loop loop;
  const UnansweredPort nobodys;
  for (const auto sign : {Readiness::Sign::tcp, Readiness::Sign::http}) {
    Readiness readiness = probing(sign, nobodys.port);
    readiness.timeout = 150ms;
    CHECK(verdict_of(loop, readiness) == Verdict::timeout);
  }
}

TEST_CASE("an app is ready by http once it answers well") {
  Loop loop;
  const AnsweringApp app(loop, {"HTTP/1.1 503 Service Unavailable\r\n\r\n", "nonsense\r\n\r\n....",
                                "HTTP/1.1 204 No Content\r\n\r\n"});
  CHECK(verdict_of(loop, probing(Readiness::Sign::http, app.port())) == Verdict::ready);
  REQUIRE(app.requests().size() == 3);
  CHECK(app.requests().front().starts_with("GET /readyz?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_CASE("an answer means ready from 200 to 399") {
  using ops::supervisor::is_good_answer;
  CHECK(is_good_answer("HTTP/1.1 200"));
  CHECK(is_good_answer("HTTP/1.0 302"));
  for (const char* bad : {"HTTP/1.1 100", "HTTP/1.1 404", "HTTP/1.1 503", "HTTP/2.0 200",
                          "HTTP/1.1-200", "HTTP/1.1 20", "", "SSH-2.0-x 200"}) {
    CHECK_FALSE(is_good_answer(bad));
  }
}
