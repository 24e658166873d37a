// Feeds a connection of the server with arbitrary bytes in arbitrary reads: whatever comes, the
// server answers whole answers or closes, and its handlers see no more bytes than were sent. The
// first byte of the input chooses the size of the reads.

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

/// Whether what was answered begins with an answer, or is empty.
bool is_answer(int client) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
  return got <= 0 ||
         std::string_view(buffer.data(), static_cast<std::size_t>(got)).starts_with("HTTP/1.1 ");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t read_size = data[0] == 0 ? bytes.size() : data[0];
  std::size_t seen = 0;
  loop::Loop loop;
  Chain chain;
  add_routes(chain, seen);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return 0;
  const base::UniqueFd client(ends[0]);
  HttpServer server(loop, chain, {}, {});
  server.serve(base::UniqueFd(ends[1]));
  for (; !bytes.empty(); bytes.remove_prefix(std::min(read_size, bytes.size()))) {
    const std::string_view piece = bytes.substr(0, read_size);
    if (::send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
    loop.run_pending();
  }
  ::shutdown(client.get(), SHUT_WR);
  loop.run_pending();
  loop.run_pending();
  if (!is_answer(client.get()) || seen > size) std::abort();
  return 0;
}
