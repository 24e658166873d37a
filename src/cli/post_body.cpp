#include "cli/post_body.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <istream>

#include "base/os_error.hpp"

namespace ops::cli {
namespace {

constexpr std::size_t largest_input = std::size_t{64} << 20;

Result<std::string> read_input(std::istream& in) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > largest_input) {
      return Error{"cannot read standard input: it is larger than 64 MiB; use --data @FILE"};
    }
  }
  return text;
}

bool is_token(const std::string& name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [others](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(const std::string& value) {
  return std::ranges::none_of(value,
                              [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; });
}

}  // namespace

Result<PostBody> PostBody::open(const std::string& text, const Surroundings& surroundings) {
  PostBody body;
  if (text == "-") {
    auto input = read_input(surroundings.in);
    if (!input) return input.error();
    body.text_ = *std::move(input);
  } else if (text.starts_with('@')) {
    const std::string path =
        (std::filesystem::path(surroundings.directory) / text.substr(1)).lexically_normal();
    body.file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!body.file_ || ::fstat(body.file_.get(), &status) != 0) {
      return base::os_error("cannot open " + path);
    }
    if (!S_ISREG(status.st_mode)) {
      return Error{"cannot send " + path + ": it is no regular file; use --data - for a stream"};
    }
    body.file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  } else {
    body.text_ = text;
  }
  return body;
}

void PostBody::attach_to(client::HttpRequest& request) const {
  request.body = text_;
  if (file_) request.file = client::FileBody{file_.get(), file_bytes_};
}

Result<std::pair<std::string, std::string>> parse_header(const std::string& text) {
  const auto colon = text.find(':');
  std::string name = text.substr(0, colon);
  if (colon == std::string::npos || !is_token(name)) {
    return Error{"--header takes \"Name: value\", not \"" + text + "\""};
  }
  std::string value = text.substr(std::min(text.find_first_not_of(" \t", colon + 1), text.size()));
  if (!is_field_value(value))
    return Error{"the value of the header " + name + " holds control bytes"};
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 8> own{
      "content-length", "transfer-encoding", "host",          "connection",
      "expect",         "x-auth-user",       "x-auth-device", "x-auth-key"};
  if (std::ranges::find(own, lower) != own.end()) {
    return Error{"the header " + name + " is set by ops itself"};
  }
  return std::pair{std::move(name), std::move(value)};
}

}  // namespace ops::cli
