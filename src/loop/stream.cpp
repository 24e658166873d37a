#include "loop/stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "loop/handle.hpp"

namespace ops::loop {
namespace {

constexpr std::size_t read_buffer_size = std::size_t{64} * 1024;

// One buffer serves all streams of a thread: bytes are consumed inside the callback. It is not
// there before it is needed: thread-local memory would be, in each thread, and all of it be
// touched.
std::vector<char>& read_buffer() {
  static thread_local std::vector<char> buffer;
  if (buffer.empty()) buffer.resize(read_buffer_size);
  return buffer;
}

}  // namespace

// uv_pipe_t takes any stream descriptor, and TCP needs nothing of libuv beyond that.
struct Stream::Handle : OwnedHandle<uv_pipe_t> {
  bool ended = false;   // on_end has been called
  bool broken = false;  // nothing can be sent any more
  Events events;

  uv_stream_t* as_stream() { return reinterpret_cast<uv_stream_t*>(&uv); }
  static Handle* of(void* data) { return static_cast<Handle*>(data); }

  void end() {
    if (closing || std::exchange(ended, true)) return;
    ::uv_read_stop(as_stream());
    if (events.on_end) events.on_end();
  }

  void received(ssize_t count, const char* bytes) {
    if (closing || count == 0) return;
    if (count < 0) {
      end();
    } else if (events.on_bytes) {
      events.on_bytes(std::string_view(bytes, static_cast<std::size_t>(count)));
    }
  }

  void written(int status) {
    if (closing) return;
    if (status < 0) {
      broken = true;
      end();
    } else if (::uv_stream_get_write_queue_size(as_stream()) == 0 && events.on_drained) {
      events.on_drained();
    }
  }

  static void lend(uv_handle_t* /*handle*/, std::size_t /*wanted*/, uv_buf_t* buffer) {
    std::vector<char>& lent = read_buffer();
    *buffer = ::uv_buf_init(lent.data(), static_cast<unsigned>(lent.size()));
  }
  static void on_read(uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
    of(from->data)->received(count, buffer->base);
  }
};

namespace {

struct PendingWrite {
  uv_write_t request{};
  std::string bytes;
};

}  // namespace

Stream::Stream(Loop& loop, base::UniqueFd fd, Events events) : handle_(new Handle) {
  handle_->events = std::move(events);
  const int on = 1;
  // Fails harmlessly on what is not TCP.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::uv_pipe_init(loop.native(), &handle_->uv, 0);
  handle_->uv.data = handle_;
  // Fails only for a descriptor that is no stream: a programmer's error.
  if (::uv_pipe_open(&handle_->uv, fd.release()) != 0) std::abort();
}

Stream::~Stream() { close_and_free(handle_); }

void Stream::start_reading() {
  if (!handle_->ended) ::uv_read_start(handle_->as_stream(), Handle::lend, Handle::on_read);
}

void Stream::stop_reading() { ::uv_read_stop(handle_->as_stream()); }

void Stream::write(std::string_view bytes) {
  if (handle_->broken || bytes.empty()) return;
  uv_buf_t buffer =
      ::uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int sent = ::uv_try_write(handle_->as_stream(), &buffer, 1);
  if (sent == static_cast<int>(bytes.size())) return;
  // A broken connection is reported by the queued write, never from inside this call: the caller
  // may be the owner's own callback.
  if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  auto pending = std::make_unique<PendingWrite>();
  pending->bytes = bytes;
  pending->request.data = pending.get();
  buffer = ::uv_buf_init(pending->bytes.data(), static_cast<unsigned>(pending->bytes.size()));
  const int queued = ::uv_write(
      &pending->request, handle_->as_stream(), &buffer, 1, [](uv_write_t* request, int status) {
        const std::unique_ptr<PendingWrite> done(static_cast<PendingWrite*>(request->data));
        Handle::of(request->handle->data)->written(status);
      });
  if (queued == 0) static_cast<void>(pending.release());
}

std::size_t Stream::queued() const {
  return ::uv_stream_get_write_queue_size(handle_->as_stream());
}

void Stream::finish_writing() {
  auto request = std::make_unique<uv_shutdown_t>();
  const int started =
      ::uv_shutdown(request.get(), handle_->as_stream(), [](uv_shutdown_t* done, int /*status*/) {
        const std::unique_ptr<uv_shutdown_t> freed(done);
      });
  if (started == 0) static_cast<void>(request.release());
}

std::string Stream::peer_address() const {
  int fd = -1;
  ::uv_fileno(handle_->base(), &fd);
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(&storage)->sin_addr, text.data(),
                text.size());
    return text.data();
  }
  if (storage.ss_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr, text.data(),
                text.size());
    return text.data();
  }
  return "unix";
}

}  // namespace ops::loop
