#pragma once

#include <ops/middleware/server.hpp>
#include <ops/result.hpp>
#include <span>

/// What `hello [--listen ADDR] [--build COMMAND] [--carry PATH]… [--shared PATH=TARGET]… [--keep
/// N]` asks for.
ops::Result<ops::middleware::ServerOptions> parse_options(std::span<const char* const> arguments);
