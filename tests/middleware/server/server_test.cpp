#include "ops/middleware/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

#include "base/unique_fd.hpp"
#include "catch.hpp"
#include "loop/listen_address.hpp"
#include "temporary_directory.hpp"

using namespace ops;
using namespace ops::middleware;
using namespace std::chrono_literals;

namespace {

/// A server in a process of its own, which has got its listening socket by LISTEN_FDS.
class ServerProcess {
 public:
  explicit ServerProcess(const std::function<int()>& serve) {
    auto listening = loop::ListenAddress::parse("127.0.0.1:0").value().open();
    REQUIRE(listening.ok());
    listening_ = std::move(*listening);
    process_ = ::fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      ::close(2);
      const int log = ::open(log_.file("log").c_str(), O_WRONLY | O_CREAT, 0600);
      const int moved = ::fcntl(listening_.get(), F_DUPFD, 100);
      ::dup2(moved, 3);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
      ::setenv("LISTEN_FDS", "1", 1);
      ::_exit(log == 2 ? serve() : 99);
    }
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  /// A connection; a read from it gives up after five seconds.
  [[nodiscard]] base::UniqueFd connect() const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::getsockname(listening_.get(), generic, &length) == 0);
    base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    REQUIRE(::connect(socket.get(), generic, length) == 0);
    return socket;
  }

  void signal(int number) const { ::kill(process_, number); }
  /// What it has written to stderr.
  [[nodiscard]] std::string log() const { return log_.read("log"); }
  int wait() {
    int status = 0;
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    process_ = -1;
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  }

 private:
  TemporaryDirectory log_;
  base::UniqueFd listening_;
  pid_t process_ = -1;
};

void send(const base::UniqueFd& socket, const std::string& text) {
  REQUIRE(::write(socket.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string read_until(const base::UniqueFd& socket, const std::string& end) {
  std::string text;
  char byte = 0;
  while ((end.empty() || text.find(end) == std::string::npos) &&
         ::read(socket.get(), &byte, 1) == 1) {
    text += byte;
  }
  return text;
}

int serve_sample() {
  Server server({.name = "sample"});
  server.get("/hello",
             [](const Request&, Responder respond) { respond.send(Response::text(200, "hello")); });
  server.handle("POST", "/echo", [](const Request& request, Responder respond) {
    respond.send(Response::text(200, std::string(request.body)));
  });
  server.get("/slow", [&server](const Request&, Responder respond) {
    auto held = std::make_shared<Responder>(std::move(respond));
    server.after(200ms, [held] { held->send(Response::text(200, "slow")); });
  });
  return server.run();
}

}  // namespace

TEST_CASE("a server serves on the socket it was handed until TERM or INT, and returns 0") {
  for (const int number : {SIGTERM, SIGINT}) {
    ServerProcess server(serve_sample);
    const auto client = server.connect();
    send(client, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(read_until(client, "hello").find("HTTP/1.1 200 OK\r\n") == 0);
    send(client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(read_until(client, "abc").find("HTTP/1.1 200 OK\r\n") == 0);
    server.signal(number);
    CHECK(read_until(client, "").empty());
    CHECK(server.wait() == 0);
  }
}

TEST_CASE("a deferred reply is given although TERM comes before it") {
  ServerProcess server(serve_sample);
  const auto slow = server.connect();
  const auto probe = server.connect();
  send(slow, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  send(probe, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  read_until(probe, "hello");
  server.signal(SIGTERM);
  const std::string answer = read_until(slow, "");
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  CHECK(answer.find("\r\n\r\nslow") != std::string::npos);
  CHECK(server.wait() == 0);
}

TEST_CASE("a request that never ends does not keep a drain from ending") {
  ServerProcess server([] {
    Server stuck({.name = "sample", .drain_time = 100ms});
    std::shared_ptr<Responder> held;
    stuck.get("/never", [&held](const Request&, Responder respond) {
      held = std::make_shared<Responder>(std::move(respond));
    });
    stuck.get("/hello", [](const Request&, Responder respond) {
      respond.send(Response::text(200, "hello"));
    });
    return stuck.run();
  });
  const auto client = server.connect();
  const auto probe = server.connect();
  send(client, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  send(probe, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  read_until(probe, "hello");
  server.signal(SIGTERM);
  CHECK(server.wait() == 0);
  INFO(server.log());
  CHECK(server.log().find("requests are cut off in-flight=1\n") != std::string::npos);
}

TEST_CASE("a process that is started beside another takes connections when it is ready") {
  const auto serve = [] {
    Server booting({.name = "sample", .readiness = Readiness::when_told});
    booting.after(100ms, [&booting] { booting.ready(); });
    return booting.run();
  };
  const auto first_answer = [&serve](const char* successor) {
    ::setenv("OPS_OVERLAP", "1", 1);
    ::setenv("OPS_SUCCESSOR", successor, 1);
    const ServerProcess server(serve);
    ::unsetenv("OPS_OVERLAP");
    ::unsetenv("OPS_SUCCESSOR");
    const auto client = server.connect();
    send(client, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    return read_until(client, "\r\n");
  };
  CHECK(first_answer("1") == "HTTP/1.1 200 OK\r\n");
  // Nobody else could answer.
  CHECK(first_answer("0") == "HTTP/1.1 503 Service Unavailable\r\n");
}

TEST_CASE("a process that is told to end while it waits for its readiness ends") {
  ::setenv("OPS_OVERLAP", "1", 1);
  ::setenv("OPS_SUCCESSOR", "1", 1);
  ServerProcess server([] {
    Server never({.name = "sample", .readiness = Readiness::when_told});
    never.after(0ms, [] { ::raise(SIGTERM); });
    return never.run();
  });
  ::unsetenv("OPS_OVERLAP");
  ::unsetenv("OPS_SUCCESSOR");
  CHECK(server.wait() == 0);
}

TEST_CASE("a server that cannot listen says so and returns 1") {
  ServerProcess server([] {
    ::unsetenv("LISTEN_PID");
    Server nowhere({.name = "sample", .listen = "localhost:8080"});
    return nowhere.run();
  });
  CHECK(server.wait() == 1);
}

TEST_CASE("an app cannot take a path of the product's, in whatever build") {
  ServerProcess server([] {
    Server greedy({.name = "sample"});
    greedy.get("/ping", [](const Request&, Responder respond) {
      respond.send(Response::text(200, "not the product's"));
    });
    return greedy.run();
  });
  CHECK(server.wait() == 1);
  CHECK(server.log().find("cannot serve GET /ping") != std::string::npos);
}

TEST_CASE("options that a server cannot serve with are told at its start") {
  for (const ServerOptions& options :
       {ServerOptions{.name = "my app"},
        ServerOptions{.name = "sample", .deploy = {.shared = {{"data", "relative"}}}}}) {
    ServerProcess server([&options] {
      Server wrong(options);
      return wrong.run();
    });
    CHECK(server.wait() == 1);
    CHECK(server.log().starts_with(options.name + ": cannot use "));
  }
}

TEST_CASE("what begins with /admin/ is answered by nobody but who has the key") {
  ::unsetenv("OPS_RELEASES");
  ServerProcess server([] {
    Server app({.name = "sample"});
    app.get("/admin/own", [](const Request&, Responder respond) {
      respond.send(Response::text(200, "the app's own"));
    });
    return app.run();
  });
  const auto client = server.connect();
  for (const char* path : {"/admin/own", "/admin/xyz", "/admin/deploy-quick"}) {
    send(client, "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    // Without a releases directory nobody has one.
    CHECK(read_until(client, "}}").find("HTTP/1.1 503 ") == 0);
  }
}
