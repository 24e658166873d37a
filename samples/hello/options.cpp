#include "options.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace {

using ops::Error;
using ops::Result;
using ops::middleware::ServerOptions;

Result<void> take_option(ServerOptions& options, std::string_view name, std::string_view value) {
  if (name == "--listen") {
    options.listen = value;
  } else if (name == "--build") {
    options.deploy.build_command = value;
  } else if (name == "--carry") {
    options.deploy.carry.emplace_back(value);
  } else if (name == "--shared") {
    const auto equals = value.find('=');
    if (equals == std::string_view::npos) return Error{"--shared wants PATH=TARGET"};
    options.deploy.shared.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  } else if (name == "--keep") {
    const auto [end, failure] = std::from_chars(value.begin(), value.end(), options.deploy.keep);
    const bool number = failure == std::errc() && end == value.end();
    if (!number || options.deploy.keep < 2) return Error{"--keep wants a number of at least 2"};
  } else {
    return Error{"unknown option " + std::string(name) +
                 "; there are --listen, --build, --carry, --shared and --keep"};
  }
  return {};
}

}  // namespace

Result<ServerOptions> parse_options(std::span<const char* const> arguments) {
  ServerOptions options{.name = "hello"};
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return Error{std::string(arguments[i]) + " wants a value"};
    if (auto taken = take_option(options, arguments[i], arguments[i + 1]); !taken)
      return taken.error();
  }
  if (auto checked = ops::middleware::check(options); !checked) return checked.error();
  return options;
}
