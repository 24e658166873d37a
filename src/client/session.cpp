#include "client/session.hpp"

#include <utility>

#include "client/names.hpp"

namespace ops::client {
namespace {

constexpr int not_found = 404;

}  // namespace

Session::Session(std::string url, Credentials credentials)
    : url_(std::move(url)), credentials_(std::move(credentials)) {}

Result<AuthKey, Failure> Session::key(const Patience& patience) {
  if (!key_) {
    auto key = sign_in(http_, url_, credentials_, patience);
    if (!key) return key.error();
    key_ = *std::move(key);
  }
  return *key_;
}

Result<HttpResponse, Failure> Session::send(const std::string& action, const std::string& path,
                                            HttpRequest request, const Patience& patience) {
  const HttpHeaders own_headers = request.headers;
  bool fresh = !key_;
  for (;;) {
    const auto valid = key(patience);
    if (!valid) return valid.error();
    request.headers = own_headers;
    for (auto& header : auth_headers(credentials_, *valid)) request.headers.push_back(header);
    auto response = send_open(action, path, request, patience);
    if (!response || response->status != 401) return response;
    key_.reset();
    if (std::exchange(fresh, true)) return response;
  }
}

Result<HttpResponse, Failure> Session::send_open(const std::string& action, const std::string& path,
                                                 HttpRequest request, const Patience& patience) {
  request.url = url_ + path;
  auto response = http_.send(request, patience);
  if (response) return *std::move(response);
  return failure_of(action, url_, response.error());
}

Result<std::string, Failure> Session::serving(const Patience& patience) {
  const std::string action = "cannot ask which release serves";
  const auto response = send_open(action, "/ping", {}, patience);
  if (!response) return response.error();
  if (response->status != 200) {
    Failure failure = failure_of(action, *response);
    if (response->status == not_found) failure.message += "; is that an ops server?";
    return failure;
  }
  const std::string release(response->header("x-ops-release"));
  return is_release_name(release) ? release : std::string();
}

}  // namespace ops::client
