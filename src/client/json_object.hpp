#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ops::client {

/// A JSON object that somebody else wrote: what is missing or of another type reads as empty.
class JsonObject {
 public:
  /// Nothing for text that is no JSON object.
  [[nodiscard]] static std::optional<JsonObject> parse(std::string_view text);

  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] bool is_true(const std::string& name) const;
  /// The object of that name.
  [[nodiscard]] std::optional<JsonObject> object(const std::string& name) const;
  /// The whole numbers in the object of that name.
  [[nodiscard]] std::map<std::string, long long> numbers(const std::string& name) const;
  /// The objects in the list of that name; nothing where it is no list or holds anything else.
  [[nodiscard]] std::optional<std::vector<JsonObject>> objects(const std::string& name) const;
  /// The texts in the list of that name; nothing where it is no list or holds anything else.
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const std::string& name) const;

 private:
  struct Value;
  explicit JsonObject(std::shared_ptr<const Value> value) : value_(std::move(value)) {}
  std::shared_ptr<const Value> value_;
};

}  // namespace ops::client
