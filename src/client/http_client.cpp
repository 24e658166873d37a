#include "client/http_client.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdio>

#include "client/server_url.hpp"
#include "ops/version.hpp"

namespace ops::client {
namespace {

constexpr std::chrono::milliseconds connect_limit{10'000};
// How long to wait for "100 Continue" before a large body is sent all the same.
constexpr std::chrono::milliseconds continue_limit{300};
constexpr std::size_t headers_limit = std::size_t{64} * 1024;

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool begins_response(std::string_view line) { return line.starts_with("HTTP/"); }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// One request on its way: what libcurl calls back, and what came of it.
class Transfer {
 public:
  explicit Transfer(const HttpRequest& request) : request_(request), easy_(curl_easy_init()) {
    set_connection();
    set_limits();
    set_message();
    set_callbacks();
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() = default;

  [[nodiscard]] CURL* handle() const { return easy_.get(); }

  [[nodiscard]] Result<HttpResponse, HttpFailure> outcome(CURLcode code) {
    if (code == CURLE_OK || stop_ == Stop::enough) {
      long status = 0;
      curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
      response_.status = static_cast<int>(status);
      return std::move(response_);
    }
    if (stop_ == Stop::too_large) {
      return HttpFailure{
          HttpFailureKind::too_large,
          "the answer is larger than " + std::to_string(request_.response_limit) + " bytes"};
    }
    return HttpFailure{kind_of(code), reason(code)};
  }

  [[nodiscard]] HttpFailure timed_out() const {
    if (!has_sent()) return {HttpFailureKind::unreachable, "no connection in time"};
    return {HttpFailureKind::timed_out, "no answer in time"};
  }

 private:
  enum class Stop { none, enough, too_large };

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle(), option, value);
  }

  void set_connection() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_NOSIGNAL, 1L);
    if (is_this_machine(request_.url)) set(CURLOPT_PROXY, "");
  }

  void set_limits() {
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_limit.count()));
    set(CURLOPT_EXPECT_100_TIMEOUT_MS, static_cast<long>(continue_limit.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.silence_limit.count()));
  }

  void set_message() {
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
      const std::string field = value.empty() ? name + ";" : name + ": " + value;
      headers_.reset(curl_slist_append(headers_.release(), field.c_str()));
    }
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  void set_callbacks() {
    set(CURLOPT_ERRORBUFFER, reason_.data());
    set(CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::body_callback);
    set(CURLOPT_WRITEDATA, this);
    if (!request_.file) return;
    set(CURLOPT_READFUNCTION, &Transfer::read_callback);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_SEEKFUNCTION, &Transfer::seek_callback);
    set(CURLOPT_SEEKDATA, this);
  }

  static std::size_t header_callback(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->on_header({bytes, count});
  }
  static std::size_t body_callback(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->on_body({bytes, count});
  }
  static std::size_t read_callback(char* bytes, std::size_t, std::size_t room, void* self) {
    return static_cast<Transfer*>(self)->on_read(bytes, room);
  }
  static int seek_callback(void* self, curl_off_t offset, int) {
    static_cast<Transfer*>(self)->sent_ = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  // Returning anything but the size makes libcurl end the transfer.
  std::size_t on_header(std::string_view line) {
    if (begins_response(line)) response_.headers.clear();  // what was before was a "100 Continue"
    header_bytes_ += line.size();
    if (header_bytes_ > headers_limit) return 0;
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      response_.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
    }
    return line.size();
  }

  std::size_t on_body(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    if (request_.on_body && status / 100 == 2) {
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

  std::size_t on_read(char* bytes, std::size_t room) {
    const ssize_t got = ::pread(request_.file->fd, bytes, room, static_cast<off_t>(sent_));
    if (got < 0) return CURL_READFUNC_ABORT;
    sent_ += static_cast<std::uint64_t>(got);
    if (request_.on_sent) request_.on_sent(sent_);
    return static_cast<std::size_t>(got);
  }

  [[nodiscard]] bool has_sent() const {
    long sent = 0;
    curl_easy_getinfo(handle(), CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
  }

  [[nodiscard]] HttpFailureKind kind_of(CURLcode code) const {
    if (!has_sent()) return HttpFailureKind::unreachable;
    if (code == CURLE_OPERATION_TIMEDOUT) return HttpFailureKind::timed_out;
    return HttpFailureKind::cut;
  }

  [[nodiscard]] std::string reason(CURLcode code) const {
    if (code == CURLE_OPERATION_TIMEDOUT) return timed_out().message;
    return reason_.front() == '\0' ? curl_easy_strerror(code) : reason_.data();
  }

  const HttpRequest& request_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  std::uint64_t sent_ = 0;
  Stop stop_ = Stop::none;
};

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

struct HttpClient::Connections {
  Connections() : multi(curl_multi_init()) {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections() { curl_multi_cleanup(multi); }

  CURLM* multi;
};

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

namespace {

// The one transfer of a multi handle, which lets a descriptor interrupt it; removed again at the
// end.
class Run {
 public:
  Run(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) { curl_multi_add_handle(multi, easy); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { curl_multi_remove_handle(multi_, easy_); }

  // Nothing while it is still running.
  std::optional<CURLcode> advance() {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    if (running > 0) return std::nullopt;
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    return message == nullptr ? CURLE_GOT_NOTHING : message->data.result;
  }

  void wait(const Patience& patience) {
    constexpr std::chrono::milliseconds longest{1000};
    curl_waitfd interrupt{patience.interrupt_fd(), CURL_WAIT_POLLIN, 0};
    const unsigned watched = patience.interrupt_fd() >= 0 ? 1 : 0;
    const auto pause = std::min(patience.left(), longest);
    curl_multi_poll(multi_, &interrupt, watched, static_cast<int>(pause.count()), nullptr);
  }

 private:
  CURLM* multi_;
  CURL* easy_;
};

}  // namespace

Result<HttpResponse, HttpFailure> HttpClient::send(const HttpRequest& request,
                                                   const Patience& patience) {
  if (!connections_) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    connections_ = std::make_unique<Connections>();
  }
  Transfer transfer(request);
  Run run(connections_->multi, transfer.handle());
  for (;;) {
    if (const auto code = run.advance()) return transfer.outcome(*code);
    if (patience.interrupted()) return HttpFailure{HttpFailureKind::interrupted, "interrupted"};
    if (patience.left().count() == 0) return transfer.timed_out();
    run.wait(patience);
  }
}

}  // namespace ops::client
