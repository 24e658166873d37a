#pragma once

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "client/session.hpp"

inline const ops::base::SystemClock system_clock;

/// How long a test is ready to wait for what must come.
inline ops::client::Patience patient(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  return {system_clock, limit};
}

inline ops::client::Credentials credentials_with(const std::string& password) {
  return {.user = "deploybot", .device = "laptop-1", .password = [password] {
            return ops::Result<ops::client::Secret>(ops::client::Secret(password));
          }};
}
