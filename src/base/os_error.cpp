#include "base/os_error.hpp"

#include <string>

namespace ops::base {

Error os_error(std::string_view action, int number) {
  const std::error_code reason(number, std::generic_category());
  return Error{std::string(action) + ": " + reason.message(), reason};
}

}  // namespace ops::base
