#include "supervisor/control_socket.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/unique_fd.hpp"
#include "loop/fd_watcher.hpp"
#include "loop/listener.hpp"
#include "loop/timer.hpp"
#include "supervisor/private_socket.hpp"

namespace ops::supervisor {
namespace {

// So much is taken of a client before the loop's other events get their turn: hundreds of requests
// at once would hold them up.
constexpr std::size_t bytes_at_once = 128;

// Nothing waits to be sent in here: what a client has not read lies in the kernel, or ends it.
struct Client {
  base::UniqueFd socket;
  std::string unfinished;  // the beginning of a line
  loop::FdWatcher watcher;
  loop::Timer silence;
  bool over = false;

  Client(loop::Loop& loop, base::UniqueFd connection, std::function<void(Client&)> on_bytes,
         std::function<void(Client&)> on_silence)
      : socket(std::move(connection)),
        watcher(loop, socket.get(), [this, on_bytes = std::move(on_bytes)] { on_bytes(*this); }),
        silence(loop, [this, on_silence = std::move(on_silence)] { on_silence(*this); }) {
    watcher.do_not_keep_loop_alive();
    silence.do_not_keep_loop_alive();
    const int most = ControlSocket::most_unread;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &most, sizeof most);
  }

  void send(std::string_view answer) {
    const ssize_t sent =
        ::send(socket.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(answer.size())) over = true;
  }
};

}  // namespace

// An order may destroy the ControlSocket: what it runs in lives until it returns.
struct ControlSocket::State : std::enable_shared_from_this<ControlSocket::State> {
  loop::Loop& loop;
  Orders orders;
  ControlLimits limits;
  std::unique_ptr<loop::Listener> listener;
  std::unique_ptr<PrivateSocket> file;           // goes before the listener closes the socket
  std::vector<std::shared_ptr<Client>> clients;  // the last one sent the latest line
  bool closed = false;

  State(loop::Loop& on, Orders what, ControlLimits how_much)
      : loop(on), orders(std::move(what)), limits(how_much) {}

  void listen(std::unique_ptr<PrivateSocket> opened) {
    listener = std::make_unique<loop::Listener>(
        loop, opened->take_socket(),
        [this](base::UniqueFd connection) { admit(std::move(connection)); });
    listener->do_not_keep_loop_alive();
    file = std::move(opened);
  }

  void close() {
    closed = true;
    clients.clear();
    file.reset();
    listener.reset();
  }

  void admit(base::UniqueFd connection) {
    if (clients.size() >= limits.clients) clients.erase(clients.begin());
    clients.push_back(std::make_shared<Client>(
        loop, std::move(connection), [this](Client& client) { receive(client); },
        [this](Client& client) { remove(client); }));
    clients.back()->silence.start(limits.silence);
  }

  [[nodiscard]] auto find(const Client& client) {
    return std::ranges::find(clients, &client, &std::shared_ptr<Client>::get);
  }

  void remove(const Client& client) {
    if (const auto found = find(client); found != clients.end()) clients.erase(found);
  }

  void receive(Client& client) {
    const auto alive = shared_from_this();
    const auto held = *find(client);
    std::array<char, bytes_at_once> bytes;
    const ssize_t count = ::recv(client.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) client.unfinished.append(bytes.data(), static_cast<std::size_t>(count));
    // The last line may lack its end.
    if (count == 0 && !client.unfinished.empty()) client.unfinished += '\n';
    serve_lines(client);
    if (count <= 0 || client.over) remove(client);
  }

  void serve_lines(Client& client) {
    std::size_t begin = 0;
    while (!closed && !client.over) {
      const std::size_t end = client.unfinished.find('\n', begin);
      const std::string_view line = std::string_view(client.unfinished).substr(begin, end - begin);
      if (line.size() > longest_line) return refuse_long_line(client);
      if (end == std::string::npos) break;
      serve(client, line);
      begin = end + 1;
    }
    client.unfinished.erase(0, begin);
  }

  static void refuse_long_line(Client& client) {
    client.send(refusal_answer(
        {"line-too-long", "a line has at most " + std::to_string(longest_line) + " bytes"}));
    client.over = true;
  }

  void serve(Client& client, std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    heard(client);
    const auto command = parse_control_request(line);
    if (!command) return client.send(refusal_answer(command.error()));
    const Status status = orders.status();
    if (*command == ControlCommand::status) {
      return client.send(status_answer({status, orders.listeners}));
    }
    if (const auto refusal = refusal_of(*command, status.state)) {
      return client.send(refusal_answer(*refusal));
    }
    // The order is carried out even where nobody waits for the answer any more.
    client.send(accepted_answer());
    *command == ControlCommand::restart ? orders.restart() : orders.stop();
  }

  void heard(Client& client) {
    client.silence.start(limits.silence);
    const auto found = find(client);
    std::rotate(found, found + 1, clients.end());
  }
};

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(loop::Loop& loop,
                                                           const std::string& path, Orders orders,
                                                           ControlLimits limits) {
  auto socket = PrivateSocket::open(path);
  if (!socket) return std::move(socket).error();
  auto state = std::make_shared<State>(loop, std::move(orders), limits);
  state->listen(std::move(*socket));
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(state)));
}

ControlSocket::ControlSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

ControlSocket::~ControlSocket() { state_->close(); }

}  // namespace ops::supervisor
