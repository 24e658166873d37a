#include "client/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <optional>

#include "client/transfer.hpp"

namespace ops::client {
namespace {

constexpr int expectation_failed = 417;

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

  Result<HttpResponse, HttpFailure> run(Transfer& transfer, const Patience& patience) const {
    Run run(multi, transfer.handle());
    for (;;) {
      if (const auto code = run.advance()) return transfer.outcome(*code);
      if (patience.interrupted()) return HttpFailure{HttpFailureKind::interrupted, "interrupted"};
      if (patience.left().count() == 0) return transfer.timed_out();
      run.wait(patience);
    }
  }

  CURLM* multi;
  std::string unread;  // on the connection that was closed last
};

HttpClient::HttpClient() = default;
HttpClient::~HttpClient() = default;

Result<HttpResponse, HttpFailure> HttpClient::send(const HttpRequest& request,
                                                   const Patience& patience) {
  if (!connections_) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    connections_ = std::make_unique<Connections>();
  }
  Transfer asking(request, Leave::ask, connections_->unread);
  auto response = connections_->run(asking, patience);
  if (!response || response->status != expectation_failed || !request.file) return response;
  // Somebody on the way cannot be asked.
  Transfer taking(request, Leave::take, connections_->unread);
  return connections_->run(taking, patience);
}

}  // namespace ops::client
