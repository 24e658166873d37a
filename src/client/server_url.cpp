#include "client/server_url.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace ops::client {
namespace {

constexpr std::size_t longest_url = 2048;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ParsedUrl = std::unique_ptr<CURLU, FreeUrl>;

// Null for what is no URL with a scheme.
ParsedUrl parse(const std::string& text) {
  ParsedUrl url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return nullptr;
  }
  return url;
}

// Empty where there is no such part.
std::string part(const ParsedUrl& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool has_unprintable(std::string_view text) {
  return text.find_first_of(" \"<>\\^`{|}") != std::string_view::npos ||
         std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == 0x7f; });
}

// A number as an address, not a name that begins like one: "127.evil.example".
bool is_loopback(std::string host) {
  in_addr v4{};
  constexpr unsigned loopback_net = 127;
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == loopback_net;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

Result<std::string> parse_server_url(const std::string& text) {
  // The text itself is not repeated where it may hold a password.
  const std::string form = "write it as http://HOST:PORT or https://HOST";
  if (text.size() > longest_url) return Error{"cannot use the URL: it is too long"};
  if (text.find('@') != std::string::npos) {
    return Error{"cannot use the URL: it holds a user or password; " + form};
  }
  const ParsedUrl url = has_unprintable(text) ? nullptr : parse(text);
  if (!url) return Error{"cannot use the URL \"" + text + "\": " + form};
  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Error{"cannot use the URL \"" + text + "\": it is neither http nor https; " + form};
  }
  const std::string_view rest = std::string_view(text).substr(scheme.size());
  if (!rest.starts_with("://") || rest.starts_with(":///")) {
    return Error{"cannot use the URL \"" + text + "\": it names no host; " + form};
  }
  if (text.find_first_of("?#") != std::string::npos) {
    return Error{"cannot use the URL \"" + text + "\": it has a query or a fragment; " + form};
  }
  std::string base = scheme + std::string(rest);  // the scheme in lower case, as part() gives it
  while (base.ends_with('/')) base.pop_back();
  return base;
}

bool is_this_machine(const std::string& url) {
  const ParsedUrl parsed = parse(url);
  if (!parsed) return false;
  std::string host = part(parsed, CURLUPART_HOST);
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  return host == "localhost" || is_loopback(host);
}

}  // namespace ops::client
