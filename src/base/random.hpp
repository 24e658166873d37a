#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ops::base {

/// Fills `bytes` from the kernel's generator, getrandom(2). Ends the program where there is none:
/// nothing that asks for secrets may go on without.
void fill_random(std::span<std::byte> bytes);

/// `length` random lower-case hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t length);

}  // namespace ops::base
