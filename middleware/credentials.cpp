#include "middleware/credentials.hpp"

#include <cstdlib>
#include <cstring>

namespace ops::middleware {
namespace {

constexpr std::size_t shortest_password = 16;

char upper_case(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
  return c == '-' ? '_' : c;
}

}  // namespace

std::string password_variable(std::string_view application) {
  std::string name;
  for (const char c : application) name += upper_case(c);
  return name + "_DEPLOYBOT_PWD";
}

Result<Credentials> take_credentials(std::string_view application) {
  const std::string variable = password_variable(application);
  char* const value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') {
    return Error{"deploys are off: " + variable +
                 " is not set; set it to a password of at least 16 characters"};
  }
  Credentials credentials{"deploybot", value};
  // The kernel shows the memory that the program was started with, so unsetenv alone would leave it
  // readable there.
  std::memset(value, 0, credentials.password.size());
  ::unsetenv(variable.c_str());
  if (credentials.password.size() < shortest_password) {
    return Error{"deploys are off: the password in " + variable + " is shorter than 16 characters"};
  }
  return credentials;
}

}  // namespace ops::middleware
