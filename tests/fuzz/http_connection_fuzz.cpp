// Feeds two connections of the server with the same arbitrary bytes, whole to one and in pieces to
// the other. Whatever comes, the server answers whole answers or closes, its handlers see no more
// bytes than were sent, and how the bytes were split makes no difference.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "middleware/server/http_server.hpp"

namespace {

using namespace ops;
using namespace ops::middleware;

class CountingSink final : public BodySink {
 public:
  CountingSink(std::size_t& seen, std::shared_ptr<Exchange> exchange)
      : seen_(seen), exchange_(std::move(exchange)) {}
  void on_body(std::string_view bytes) override { seen_ += bytes.size(); }
  void on_body_end() override { exchange_->send(Response::text(200, "taken")); }
  void on_body_broken() override {}

 private:
  std::size_t& seen_;
  std::shared_ptr<Exchange> exchange_;
};

void add_routes(Chain& chain, std::size_t& seen) {
  chain.add("GET", "/", PathMatch::exact, Handler([](const Request&, Responder respond) {
              respond.send(Response::text(200, "hello"));
            }));
  chain.add("POST", "/", PathMatch::exact,
            Handler([&seen](const Request& request, Responder respond) {
              seen += request.body.size();
              respond.send(Response::text(200, "taken"));
            }));
  chain.add("PUT", "/", PathMatch::exact,
            StreamingHandler([&seen](const Request&, std::shared_ptr<Exchange> exchange) {
              exchange->take_body(std::make_unique<CountingSink>(seen, exchange));
            }));
  chain.add("GET", "/events", PathMatch::exact,
            StreamingHandler([](const Request&, const std::shared_ptr<Exchange>& exchange) {
              exchange->begin_stream(Response::text(200, "begin"));
              exchange->end_stream();
            }));
}

// A client that sends pieces and reads everything.
class Conversation {
 public:
  Conversation() {
    add_routes(chain_, seen_);
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      std::abort();
    }
    client_.reset(ends[0]);
    server_.serve(base::UniqueFd(ends[1]));
  }

  std::string answers_to(std::string_view bytes, std::size_t piece) {
    while (!bytes.empty() && send(bytes, piece)) {
    }
    ::shutdown(client_.get(), SHUT_WR);
    while (advance()) {
    }
    return std::move(answers_);
  }
  [[nodiscard]] std::size_t seen() const { return seen_; }

 private:
  // False once the server takes nothing any more.
  bool send(std::string_view& bytes, std::size_t piece) {
    const ssize_t put =
        ::send(client_.get(), bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    return advance() || put > 0;
  }

  // Whether the server has answered anything meanwhile.
  bool advance() {
    constexpr int turns = 2;  // the second serves what the first one made due
    for (int turn = 0; turn < turns; ++turn) loop_.run_pending();
    std::array<char, 16384> buffer{};
    const ssize_t got = ::recv(client_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) answers_.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  std::size_t seen_ = 0;
  std::string answers_;
  loop::Loop loop_;
  Chain chain_;
  base::UniqueFd client_;
  HttpServer server_{loop_, chain_, {}, {}};
};

// A second may pass between two answers to the same request.
void remove_dates(std::string& answers) {
  constexpr std::string_view date = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
  for (std::size_t at = 0; (at = answers.find("\r\nDate: ", at)) != std::string::npos;) {
    answers.erase(at + 2, date.size());
  }
}

// Bytes are cheap one by one only where they are few.
std::size_t piece_for(std::size_t size) {
  constexpr std::size_t few = 512;
  return size <= few ? 1 + size % 3 : 61 + size % 509;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Conversation whole;
  Conversation pieces;
  std::string answers = whole.answers_to(bytes, bytes.size());
  std::string same = pieces.answers_to(bytes, piece_for(size));
  if (!answers.empty() && !answers.starts_with("HTTP/1.1 ")) std::abort();
  if (whole.seen() > size || pieces.seen() != whole.seen()) std::abort();
  remove_dates(answers);
  remove_dates(same);
  if (answers != same) std::abort();
  return 0;
}
