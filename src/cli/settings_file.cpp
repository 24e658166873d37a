#include "cli/settings_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace ops::cli {
namespace {

using nlohmann::json;

// Finds what the parser by itself does not tell: where the text is wrong, and keys that stand
// twice.
class SyntaxCheck final : public nlohmann::json_sax<json> {
 public:
  static constexpr std::size_t deepest = 8;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    problem = "the key \"" + name + "\" stands twice";
    return false;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_at = position;
    return false;
  }

  std::optional<std::size_t> error_at;  // the first byte that cannot be read, counted from 1
  std::string problem;

 private:
  bool open() {
    keys_.emplace_back();
    if (keys_.size() <= deepest) return true;
    problem = "it is nested too deeply";
    return false;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::set<std::string>> keys_;
};

long line_of(const std::string& text, std::size_t position) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(position, text.size() + 1) -
                                                              (position > 0 ? 1 : 0));
  return 1 + std::count(text.begin(), end, '\n');
}

// Reads one object; the first problem is kept, as "file: problem".
class ObjectReader {
 public:
  ObjectReader(std::string file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  void check_keys(const json& object, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.items()) {
      if (std::ranges::find(known, key) != known.end()) continue;
      std::string names;
      for (const std::string_view name : known)
        names += (names.empty() ? "" : ", ") + std::string(name);
      fail("the key \"" + path_ + key + "\" is not known; known here are " + names);
    }
  }

  std::optional<std::string> text(const json& object, const char* key) {
    const auto value = object.find(key);
    if (value == object.end()) return std::nullopt;
    if (value->is_string() && !value->get_ref<const std::string&>().empty()) {
      return value->get<std::string>();
    }
    fail("\"" + path_ + key + "\" must be a text that is not empty");
    return std::nullopt;
  }

  void texts(const json& object, const char* key) {
    const auto value = object.find(key);
    if (value == object.end()) return;
    const auto is_text = [](const json& item) { return item.is_string(); };
    if (!value->is_array() || !std::ranges::all_of(*value, is_text)) {
      fail("\"" + path_ + key + "\" must be a list of texts");
    }
  }

  // Null where there is none.
  const json* object(const json& parent, const char* key) {
    const auto value = parent.find(key);
    if (value == parent.end()) return nullptr;
    if (value->is_object()) return &*value;
    fail("\"" + path_ + key + "\" must be an object");
    return nullptr;
  }

  ServerSettings server(const json& object) {
    return {text(object, "url"), text(object, "root"), text(object, "user")};
  }

  ObjectReader inside(const std::string& key) const { return {file_, path_ + key + "."}; }
  void take_error(const ObjectReader& other) {
    if (!error_) error_ = other.error_;
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void fail(const std::string& problem) {
    if (!error_) error_ = Error{"cannot use " + file_ + ": " + problem};
  }

  std::string file_;
  std::string path_;
  std::optional<Error> error_;
};

void check_test_section(ObjectReader& reader, const json& object) {
  const json* const test = reader.object(object, "test");
  if (test == nullptr) return;
  ObjectReader inside = reader.inside("test");
  inside.check_keys(*test, {"command", "data"});
  static_cast<void>(inside.text(*test, "command"));
  inside.texts(*test, "data");
  reader.take_error(inside);
}

void read_profiles(ObjectReader& reader, const json& object, SettingsFile& settings) {
  const json* const profiles = reader.object(object, "profiles");
  if (profiles == nullptr) return;
  for (const auto& [name, profile] : profiles->items()) {
    ObjectReader inside = reader.inside("profiles");
    if (inside.object(*profiles, name.c_str()) != nullptr) {
      inside = inside.inside(name);
      inside.check_keys(profile, {"url", "root", "user"});
      settings.profiles[name] = inside.server(profile);
    }
    reader.take_error(inside);
  }
}

}  // namespace

Result<SettingsFile> parse_settings_file(const std::string& text, const std::string& file) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Error{"cannot use " + file + ": it is empty; write {} or remove it"};
  }
  SyntaxCheck check;
  if (!json::sax_parse(text, &check)) {
    const std::string line =
        check.error_at ? "line " + std::to_string(line_of(text, *check.error_at)) + " is no JSON"
                       : check.problem;
    return Error{"cannot use " + file + ": " + line};
  }
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Error{"cannot use " + file + ": it holds no JSON object"};
  ObjectReader reader(file, "");
  reader.check_keys(object, {"name", "url", "root", "user", "test", "profiles"});
  SettingsFile settings;
  settings.name = reader.text(object, "name");
  settings.server = reader.server(object);
  check_test_section(reader, object);
  read_profiles(reader, object, settings);
  if (reader.error()) return *reader.error();
  return settings;
}

}  // namespace ops::cli
