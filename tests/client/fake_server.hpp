#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

namespace ops::tests {

struct FakeRequest {
  std::string method;
  std::string path;                                 // with its query
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string body = {};

  [[nodiscard]] std::string line() const { return method + " " + path; }
};

/// One request and what a test lets happen to it. Left without a reply, the connection is cut.
class FakeExchange {
 public:
  FakeExchange(int connection, int wake, FakeRequest head,
               std::function<void(const std::string&)> on_body);

  [[nodiscard]] const FakeRequest& request() const { return request_; }
  /// Whether a client that asks for leave to send its body gets it.
  enum class Leave { given, withheld };
  /// Reads the body, which is not read otherwise: a server may refuse by the head alone.
  const std::string& read_body(Leave leave = Leave::given);
  void reply(int status, const std::string& body,
             const std::map<std::string, std::string>& headers = {});
  /// Raw bytes: parts of a reply, or nonsense.
  void send(const std::string& bytes);
  /// The head of an event stream; its events go through send().
  void begin_stream();
  /// Silence until the client gives up or the server ends.
  void hang();
  /// Breaks the connection, as a server does that closes it with bytes unread: what was sent has
  /// arrived, and the client cannot send any more.
  void reset();

 private:
  int connection_;
  int wake_;
  FakeRequest request_;
  std::function<void(const std::string&)> on_body_;
  bool body_read_ = false;
};

/// A scripted HTTP server on a loopback port, on its own thread, one connection after the other.
class FakeServer {
 public:
  using Script = std::function<void(FakeExchange&)>;

  explicit FakeServer(Script script);
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<FakeRequest> requests() const;

  /// From here on connections are refused, as they are while an app restarts.
  void go_down();
  void come_back();

 private:
  void listen();
  void run();
  void serve(int connection);
  std::size_t record(const FakeRequest& request);
  void record_body(std::size_t number, const std::string& body);

  Script script_;
  std::uint16_t port_ = 0;
  base::UniqueFd wake_;  // readable: the server ends
  mutable std::mutex mutex_;
  base::UniqueFd listener_;
  std::vector<FakeRequest> requests_;
  std::thread thread_;
};

}  // namespace ops::tests
