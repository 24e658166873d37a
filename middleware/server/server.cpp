#include "ops/middleware/server.hpp"

#include <unistd.h>

#include <cassert>
#include <csignal>
#include <map>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "loop/listen_address.hpp"
#include "loop/signal_watcher.hpp"
#include "loop/timer.hpp"
#include "middleware/application.hpp"
#include "middleware/chain.hpp"
#include "middleware/server/descriptor_limit.hpp"
#include "middleware/server/http_server.hpp"
#include "middleware/server/inherited_sockets.hpp"

namespace ops::middleware {

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(std::move(options)),
        log_(options_.name, base::Log::Format::text, base::Log::Level::info),
        http_(loop_, chain_, options_.limits,
              {.on_drained = [this] { loop_.stop(); },
               .on_handler_failed = [this](std::string_view what) { handler_failed(what); },
               .on_exhausted = [this] { log_.warning("out of descriptors: connections wait"); }}),
        drain_limit_(loop_, [this] { end_drain(); }),
        application_(loop_, log_, clock_, options_,
                     {.accept = [this] { accept(); }, .begin_drain = [this] { begin_drain(); }}) {}

  Chain& chain() { return chain_; }
  Application& application() { return application_; }

  void after(std::chrono::milliseconds delay, std::function<void()> callback) {
    const std::uint64_t id = ++last_callback_;
    auto timer = std::make_unique<loop::Timer>(loop_, [this, id] { call_back(id); });
    timer->start(delay);
    callbacks_.emplace(id, Callback{std::move(timer), std::move(callback)});
  }

  int run() {
    if (options_.stop_signals == StopSignals::term_and_int) watch_signals();
    if (const auto started = start(); !started) {
      log_.error(started.error().message);
      return 1;
    }
    application_.listening();
    loop_.run();
    http_.cut_off();
    signals_.clear();
    if (!own_path_.empty()) ::unlink(own_path_.c_str());
    return application_.exit_status();
  }

 private:
  struct Callback {
    std::unique_ptr<loop::Timer> timer;
    std::function<void()> function;
  };

  Result<void> start() {
    if (auto checked = check(options_); !checked) return checked;
    limit_connections();
    return listen();
  }

  void limit_connections() {
    const std::size_t wanted = options_.limits.connections;
    const std::size_t most = make_room_for_connections(wanted);
    if (most == wanted) return;
    log_.warning("the limit of descriptors allows fewer connections",
                 {{"wanted", std::to_string(wanted)}, {"allowed", std::to_string(most)}});
    http_.limit_connections(most);
  }

  Result<void> listen() {
    auto inherited = take_inherited_sockets();
    if (!inherited) return inherited.error();
    if (inherited->empty()) {
      const auto address = loop::ListenAddress::parse(options_.listen);
      if (!address) {
        return Error{"cannot listen on \"" + options_.listen + "\": " + address.error().message};
      }
      auto socket = address->open();
      if (!socket) return socket.error();
      own_path_ = address->unix_path();
      inherited->push_back(std::move(*socket));
    }
    const auto address = loop::bound_address(inherited->front().get());
    if (!address) return address.error();
    application_.add_routes(chain_, *address);
    if (auto added = chain_.trouble(); !added) return added;
    sockets_ = *std::move(inherited);
    for (const base::UniqueFd& socket : sockets_) say_where(socket.get());
    return {};
  }

  void say_where(int socket) {
    const auto address = loop::bound_address(socket);
    log_.info("listening", {{"address", address ? *address : address.error().message}});
  }

  void accept() {
    for (base::UniqueFd& socket : std::exchange(sockets_, {})) http_.adopt(std::move(socket));
  }

  void watch_signals() {
    for (const int signal : {SIGTERM, SIGINT}) {
      signals_.push_back(
          std::make_unique<loop::SignalWatcher>(loop_, signal, [this] { application_.stop(); }));
    }
  }

  void begin_drain() {
    log_.info("draining", {{"in-flight", std::to_string(http_.in_flight())}});
    drain_limit_.start(options_.drain_time);
    sockets_.clear();
    // What connects from now on is for the one that serves.
    if (application_.shares_sockets()) http_.stop_accepting();
    http_.leave();
  }

  void end_drain() {
    log_.warning("the drain has taken too long: requests are cut off",
                 {{"in-flight", std::to_string(http_.in_flight())}});
    loop_.stop();
  }

  void call_back(std::uint64_t id) {
    const auto node = callbacks_.extract(id);
    try {
      node.mapped().function();
    } catch (const std::exception& exception) {
      handler_failed(exception.what());
    } catch (...) {
      handler_failed("an exception of unknown type");
    }
  }

  void handler_failed(std::string_view what) {
    log_.error("a handler failed", {{"reason", std::string(what)}});
  }

  ServerOptions options_;
  base::Log log_;
  loop::Loop loop_;
  Chain chain_;
  HttpServer http_;
  loop::Timer drain_limit_;
  base::SystemClock clock_;
  Application application_;
  std::vector<std::unique_ptr<loop::SignalWatcher>> signals_;
  std::vector<base::UniqueFd> sockets_;  // that wait for accept()
  std::string own_path_;                 // of a unix socket that we have made
  std::map<std::uint64_t, Callback> callbacks_;
  std::uint64_t last_callback_ = 0;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() = default;

void Server::get(std::string path, Handler handler) {
  handle("GET", std::move(path), std::move(handler));
}

void Server::handle(std::string method, std::string path, Handler handler) {
  impl_->chain().add(std::move(method), std::move(path), PathMatch::exact, std::move(handler));
}

void Server::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  impl_->after(delay, std::move(callback));
}

void Server::ready() { impl_->application().ready(); }

int Server::run() { return impl_->run(); }

}  // namespace ops::middleware
