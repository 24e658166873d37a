#include "supervisor/runner/option_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>

#include "loop/listen_address.hpp"

namespace ops::supervisor::runner {
namespace {

// About three years: more is a slip of the finger.
constexpr double most_seconds = 1e8;
constexpr double most_factor = 1000;
constexpr std::size_t longest_listener_name = 255;
constexpr unsigned short http_port = 80;

// Digits and at most one point: no sign, no exponent, no "inf".
std::optional<double> parse_decimal(std::string_view text, double most) {
  const auto is_part = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (!std::ranges::all_of(text, is_part)) return {};
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

std::chrono::milliseconds in_milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<long long>(std::ceil(seconds * 1000)));
}

// An IP address, or `localhost`: no resolver is asked, for it might never answer.
std::optional<std::string> parse_host(std::string_view text) {
  if (text == "localhost") return "127.0.0.1";
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::string host(text);
  std::array<std::byte, 16> address{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
  return is_address ? std::optional<std::string>(std::move(host)) : std::nullopt;
}

std::optional<unsigned short> parse_port(std::string_view text) {
  unsigned short port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || port == 0) return {};
  return port;
}

// HOST:PORT, or just HOST where `default_port` is not 0.
bool parse_authority(std::string_view text, unsigned short default_port, Readiness& readiness) {
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == text.npos;
  const auto host = parse_host(has_port ? text.substr(0, colon) : text);
  const auto port = has_port ? parse_port(text.substr(colon + 1)) : default_port;
  if (!host || !port || *port == 0) return false;
  readiness.host = *host;
  readiness.port = *port;
  return true;
}

bool is_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

Result<Readiness> parse_http(std::string_view rest, Readiness readiness) {
  const auto slash = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view path = slash == rest.npos ? "/" : rest.substr(slash);
  readiness.sign = Readiness::Sign::http;
  readiness.path.clear();
  if (!path.starts_with('/')) readiness.path.push_back('/');
  readiness.path.append(path);
  if (!is_path(path) || !parse_authority(authority, http_port, readiness)) {
    return Error{"write http://127.0.0.1:8080/readyz, with an IP address or localhost"};
  }
  return readiness;
}

bool is_listener_name(std::string_view name) {
  return name.size() <= longest_listener_name &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

}  // namespace

Result<int> parse_exit_code(std::string_view text) {
  unsigned char code = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (failure != std::errc() || end != text.data() + text.size()) {
    return Error{"it is not a number from 0 to 255, or \"none\""};
  }
  return int{code};
}

Result<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  const auto seconds = parse_decimal(text, most_seconds);
  if (!seconds) return Error{"it is not a number of seconds such as 25 or 0.5"};
  return in_milliseconds(*seconds);
}

Result<Backoff> parse_backoff(std::string_view text) {
  const auto first_colon = text.find(':');
  const auto last_colon = text.rfind(':');
  if (first_colon != last_colon) {
    const auto first = parse_decimal(text.substr(0, first_colon), most_seconds);
    const auto factor =
        parse_decimal(text.substr(first_colon + 1, last_colon - first_colon - 1), most_factor);
    const auto cap = parse_decimal(text.substr(last_colon + 1), most_seconds);
    if (first && factor && cap && *factor >= 1) {
      return Backoff{in_milliseconds(*first), *factor, in_milliseconds(*cap)};
    }
  }
  return Error{"write FIRST:FACTOR:CAP such as 0.1:2:10, in seconds, the factor at least 1"};
}

Result<ListenSpec> parse_listen(std::string_view text) {
  ListenSpec spec;
  // A ':' cannot be in a name: what has one before the '=' is an address with a '=' in it.
  const auto equals = text.find('=');
  if (equals != text.npos && text.find(':') > equals) {
    spec.name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    if (spec.name.empty() || !is_listener_name(spec.name)) {
      return Error{"a name is 1 to 255 letters, digits and signs, without a space or ':'"};
    }
  }
  spec.address = text;
  if (auto address = loop::ListenAddress::parse(spec.address); !address) {
    return std::move(address).error();
  }
  return spec;
}

Result<Readiness> parse_ready(std::string_view text, Readiness readiness) {
  constexpr std::string_view http = "http://";
  constexpr std::string_view tcp = "tcp:";
  constexpr std::string_view settle = "settle:";
  if (text == "notify") {
    readiness.sign = Readiness::Sign::notify;
    return readiness;
  }
  if (text.starts_with(http)) return parse_http(text.substr(http.size()), readiness);
  if (text.starts_with(tcp)) {
    readiness.sign = Readiness::Sign::tcp;
    if (parse_authority(text.substr(tcp.size()), 0, readiness)) return readiness;
    return Error{"write tcp:127.0.0.1:8080, with an IP address or localhost"};
  }
  if (text.starts_with(settle)) {
    const auto time = parse_seconds(text.substr(settle.size()));
    if (!time) return time.error();
    readiness.sign = Readiness::Sign::settle;
    readiness.settle = *time;
    return readiness;
  }
  return Error{"write notify, http://HOST:PORT/PATH, tcp:HOST:PORT or settle:SECONDS"};
}

}  // namespace ops::supervisor::runner
