#include "base/os_error.hpp"

#include "catch.hpp"

namespace ops::base {

TEST_CASE("an error of the system names the action and the reason") {
  const Error error = os_error("cannot open /srv/app", EACCES);
  CHECK(error.message == "cannot open /srv/app: Permission denied");
  CHECK(error.reason == std::errc::permission_denied);
}

TEST_CASE("the reason is errno where nothing else is given") {
  errno = ENOSPC;
  CHECK(os_error("cannot write").reason == std::errc::no_space_on_device);
}

}  // namespace ops::base
