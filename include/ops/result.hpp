#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "ops/error.hpp"

namespace ops {

/// A value, or the reason why there is none. Errors are values here: no exception crosses a public
/// function of this library. Reading the side that is not there is a programmer's error and
/// asserts.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : outcome_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : outcome_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return outcome_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & {
    assert(ok());
    return *std::get_if<0>(&outcome_);
  }
  [[nodiscard]] const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&outcome_);
  }
  [[nodiscard]] T&& value() && { return std::move(value()); }

  [[nodiscard]] E& error() & {
    assert(!ok());
    return *std::get_if<1>(&outcome_);
  }
  [[nodiscard]] const E& error() const& {
    assert(!ok());
    return *std::get_if<1>(&outcome_);
  }
  [[nodiscard]] E&& error() && { return std::move(error()); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, E> outcome_;
};

/// Done, or the reason why not.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const E& error() const& {
    assert(!ok());
    return *error_;
  }
  [[nodiscard]] E&& error() && {
    assert(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<E> error_;
};

}  // namespace ops
