#include "client/json_object.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace ops::client {

struct JsonObject::Value {
  nlohmann::json json;

  // Null where there is no such member.
  [[nodiscard]] const nlohmann::json& member(const std::string& name) const {
    static const nlohmann::json none;
    const auto found = json.find(name);
    return found == json.end() ? none : *found;
  }
};

std::optional<JsonObject> JsonObject::parse(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  return JsonObject(std::make_shared<const Value>(Value{std::move(json)}));
}

std::string JsonObject::text(const std::string& name) const {
  const auto& member = value_->member(name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

bool JsonObject::is_true(const std::string& name) const {
  const auto& member = value_->member(name);
  return member.is_boolean() && member.get<bool>();
}

std::optional<JsonObject> JsonObject::object(const std::string& name) const {
  const auto& member = value_->member(name);
  if (!member.is_object()) return std::nullopt;
  return JsonObject(std::make_shared<const Value>(Value{member}));
}

std::map<std::string, long long> JsonObject::numbers(const std::string& name) const {
  std::map<std::string, long long> numbers;
  const auto& member = value_->member(name);
  if (!member.is_object()) return numbers;
  for (const auto& [key, value] : member.items()) {
    if (value.is_number_integer()) numbers[key] = value.get<long long>();
  }
  return numbers;
}

std::optional<std::vector<JsonObject>> JsonObject::objects(const std::string& name) const {
  const auto& member = value_->member(name);
  if (!member.is_array()) return std::nullopt;
  std::vector<JsonObject> objects;
  for (const auto& item : member) {
    if (!item.is_object()) return std::nullopt;
    objects.push_back(JsonObject(std::make_shared<const Value>(Value{item})));
  }
  return objects;
}

std::optional<std::vector<std::string>> JsonObject::texts(const std::string& name) const {
  const auto& member = value_->member(name);
  if (!member.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& item : member) {
    if (!item.is_string()) return std::nullopt;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

}  // namespace ops::client
