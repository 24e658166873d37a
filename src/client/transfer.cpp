#include "client/transfer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

#include "client/early_answer.hpp"
#include "client/server_url.hpp"
#include "ops/version.hpp"

namespace ops::client {
namespace {

constexpr std::chrono::milliseconds connect_limit{10'000};
// How long leave to send is waited for before a file is sent all the same: longer than the way to a
// server and back, and not so long that it is felt where a proxy drops the question.
constexpr std::chrono::milliseconds leave_limit{300};
constexpr std::size_t headers_limit = std::size_t{64} * 1024;
constexpr int first_final_status = 200;

bool begins_response(std::string_view line) { return line.starts_with("HTTP/"); }

// What the kernel has received on a connection and nobody has read.
std::string unread_bytes(curl_socket_t socket) {
  constexpr std::size_t most = std::size_t{1} << 20;
  std::string bytes;
  std::array<char, 16384> buffer{};
  while (bytes.size() < most) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

}  // namespace

Transfer::Transfer(const HttpRequest& request, Leave leave, std::string& unread)
    : request_(request), unread_(unread), easy_(curl_easy_init()) {
  unread_.clear();
  set_connection();
  set_limits();
  set_message(leave);
  set_callbacks();
}

Result<HttpResponse, HttpFailure> Transfer::outcome(CURLcode code) {
  if (code == CURLE_OK || stop_ == Stop::enough) {
    response_.status = status();
    return std::move(response_);
  }
  if (stop_ == Stop::too_large) {
    return HttpFailure{
        HttpFailureKind::too_large,
        "the answer is larger than " + std::to_string(request_.response_limit) + " bytes"};
  }
  if (sends_body() && has_sent() && status() < first_final_status) {
    if (auto answer = read_early_answer(unread_)) return *std::move(answer);
  }
  return HttpFailure{kind_of(code), reason(code)};
}

HttpFailure Transfer::timed_out() const {
  if (!has_sent()) return {HttpFailureKind::unreachable, "no connection in time"};
  return {HttpFailureKind::timed_out, "no answer in time"};
}

void Transfer::set_connection() {
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_NOSIGNAL, 1L);
  if (is_this_machine(request_.url)) set(CURLOPT_PROXY, "");
}

void Transfer::set_limits() {
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_limit.count()));
  set(CURLOPT_EXPECT_100_TIMEOUT_MS, static_cast<long>(leave_limit.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.silence_limit.count()));
}

void Transfer::set_message(Leave leave) {
  set(CURLOPT_USERAGENT, (std::string("ops/") + std::string(version)).c_str());
  if (request_.method == "POST") {
    const std::uint64_t bytes = request_.file ? request_.file->bytes : request_.body.size();
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes));
    // Without this field libcurl would ask for the body by callback.
    if (!request_.file) set(CURLOPT_POSTFIELDS, bytes == 0 ? "" : request_.body.data());
  }
  for (const auto& [name, value] : request_.headers) {
    // libcurl leaves a field without a value out unless it is written with a semicolon.
    add_field(value.empty() ? name + ";" : name + ": " + value);
  }
  // By itself libcurl asks only where a body is larger than 1 MiB.
  if (request_.file) add_field(leave == Leave::ask ? "Expect: 100-continue" : "Expect:");
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::add_field(const std::string& field) {
  headers_.reset(curl_slist_append(headers_.release(), field.c_str()));
}

void Transfer::set_callbacks() {
  set(CURLOPT_ERRORBUFFER, reason_.data());
  set(CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::body_callback);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Transfer::close_callback);
  set(CURLOPT_CLOSESOCKETDATA, &unread_);
  if (!request_.file) return;
  set(CURLOPT_READFUNCTION, &Transfer::read_callback);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &Transfer::seek_callback);
  set(CURLOPT_SEEKDATA, this);
}

std::size_t Transfer::header_callback(char* bytes, std::size_t, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_header({bytes, count});
}

std::size_t Transfer::body_callback(char* bytes, std::size_t, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_body({bytes, count});
}

std::size_t Transfer::read_callback(char* bytes, std::size_t, std::size_t room, void* self) {
  return static_cast<Transfer*>(self)->on_read(bytes, room);
}

int Transfer::seek_callback(void* self, curl_off_t offset, int) {
  static_cast<Transfer*>(self)->sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// A connection may outlive the transfer that opened it, so this knows only where the bytes go.
int Transfer::close_callback(void* unread, curl_socket_t socket) {
  *static_cast<std::string*>(unread) = unread_bytes(socket);
  return ::close(socket);
}

// Returning anything but the size makes libcurl end the transfer.
std::size_t Transfer::on_header(std::string_view line) {
  if (begins_response(line)) response_.headers.clear();  // what was before was a "100 Continue"
  header_bytes_ += line.size();
  if (header_bytes_ > headers_limit) return 0;
  add_header(response_.headers, line);
  return line.size();
}

std::size_t Transfer::on_body(std::string_view bytes) {
  if (request_.on_body && status() / 100 == 2) {
    if (request_.on_body(bytes) == Reading::go_on) return bytes.size();
    stop_ = Stop::enough;
    return 0;
  }
  if (response_.body.size() + bytes.size() > request_.response_limit) {
    stop_ = Stop::too_large;
    return 0;
  }
  response_.body.append(bytes);
  return bytes.size();
}

std::size_t Transfer::on_read(char* bytes, std::size_t room) {
  const ssize_t got = ::pread(request_.file->fd, bytes, room, static_cast<off_t>(sent_));
  if (got < 0) return CURL_READFUNC_ABORT;
  sent_ += static_cast<std::uint64_t>(got);
  if (request_.on_sent) request_.on_sent(sent_);
  return static_cast<std::size_t>(got);
}

bool Transfer::has_sent() const {
  long sent = 0;
  curl_easy_getinfo(handle(), CURLINFO_REQUEST_SIZE, &sent);
  return sent > 0;
}

int Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

HttpFailureKind Transfer::kind_of(CURLcode code) const {
  if (!has_sent()) return HttpFailureKind::unreachable;
  if (code == CURLE_OPERATION_TIMEDOUT) return HttpFailureKind::timed_out;
  return HttpFailureKind::cut;
}

std::string Transfer::reason(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT) return timed_out().message;
  if (code == CURLE_COULDNT_RESOLVE_HOST) return "there is no host of that name";
  if (code == CURLE_COULDNT_CONNECT) {
    long number = 0;
    curl_easy_getinfo(handle(), CURLINFO_OS_ERRNO, &number);
    if (number != 0) return std::generic_category().message(static_cast<int>(number));
  }
  return reason_.front() == '\0' ? curl_easy_strerror(code) : reason_.data();
}

}  // namespace ops::client
