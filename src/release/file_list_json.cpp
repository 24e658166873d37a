// Reads what manifests and offers look like as JSON. It comes from clients, so it is read event by
// event: of what is no part of a list of files nothing is kept, however much of it there is.

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/hex.hpp"
#include "release/manifest.hpp"
#include "release/release_name.hpp"
#include "release/source_offer.hpp"

namespace ops::release {
namespace {

constexpr std::size_t longest_path = 4096;
// Members that nobody here knows may nest; a file stands three levels deep.
constexpr std::size_t deepest_json = 16;
// The longest path, every byte of it escaped, has 24 KiB. What is longer, within quotes or between
// them, would be held by the parser as a whole, more than once.
constexpr std::size_t longest_between_quotes = std::size_t{32} << 10;

constexpr const char* no_list = "it is no JSON object with a list \"files\"";
constexpr const char* no_paths = "\"removed\" must be a list of relative paths";

// A manifest that comes from outside names files to look for, so its paths are held to the rules
// for entries of an archive.
bool is_path(std::string_view path) {
  if (path.empty() || path.size() > longest_path || path.find('\0') != path.npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

bool has_quotes_often_enough(std::string_view text) {
  std::size_t since = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    since = text[at] == '"' ? 0 : since + 1;
    // An escaped quote ends nothing.
    if (text[at] == '\\') {
      ++at;
      ++since;
    }
    if (since > longest_between_quotes) return false;
  }
  return true;
}

/// One file of the list, as its members come; a member that comes twice counts the second time.
struct ReadFile {
  std::string path = {};
  std::string mode = {};
  std::string sha256 = {};
  std::optional<std::uint64_t> size = {};

  std::string* text(std::string_view member) {
    if (member == "path") return &path;
    if (member == "mode") return &mode;
    return member == "sha256" ? &sha256 : nullptr;
  }
  void forget(std::string_view member) {
    if (std::string* const known = text(member)) known->clear();
    if (member == "size") size.reset();
  }
  std::optional<ManifestEntry> entry() {
    ManifestEntry entry{std::move(path), mode == "0755" ? 0755U : 0644U, size.value_or(0), {}};
    const auto sum = base::from_hex(sha256);
    if (!is_path(entry.path) || (mode != "0644" && mode != "0755") || !size) return std::nullopt;
    if (!sum || sum->size() != entry.sha256.size()) return std::nullopt;
    std::copy(sum->begin(), sum->end(), entry.sha256.begin());
    return entry;
  }
};

class ListReader final : public nlohmann::json::json_sax_t {
 public:
  explicit ListReader(std::size_t most_paths) : most_paths_(most_paths) {}

  bool null() override { return plain_value(); }
  bool boolean(bool /*value*/) override { return plain_value(); }
  bool number_integer(number_integer_t /*value*/) override { return plain_value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return plain_value();
  }
  bool binary(binary_t& /*value*/) override { return plain_value(); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool key(string_t& name) override;
  bool start_object(std::size_t /*elements*/) override;
  bool start_array(std::size_t /*elements*/) override;
  bool end_object() override;
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*why*/) override {
    return wrong(no_list);
  }

  /// What was read, once all was.
  Result<SourceOffer> take();

 private:
  enum class Place { nowhere, whole, files, file, removed, elsewhere };

  [[nodiscard]] Place place() const { return places_.empty() ? Place::nowhere : places_.back(); }
  bool enter(Place next);
  bool leave();
  bool plain_value();
  bool add_file();
  bool add_removed(std::string path);
  bool wrong(std::string why, std::errc reason = {});
  bool wrong_file();
  bool too_many();

  std::size_t most_paths_;
  SourceOffer offer_;
  bool has_files_ = false;
  bool has_base_ = false;
  bool removes_no_list_ = false;
  std::vector<Place> places_;
  std::string key_;
  ReadFile file_;
  std::optional<Error> trouble_;
};

bool ListReader::number_unsigned(number_unsigned_t value) {
  if (place() == Place::file && key_ == "size") file_.size = value;
  return plain_value();
}

bool ListReader::string(string_t& value) {
  if (place() == Place::removed) return add_removed(std::move(value));
  if (place() == Place::file) {
    if (std::string* const member = file_.text(key_)) *member = std::move(value);
  } else if (place() == Place::whole && key_ == "base") {
    offer_.base = std::move(value);
  } else if (place() == Place::whole && key_ == "source") {
    offer_.source = std::move(value);
  }
  return plain_value();
}

bool ListReader::key(string_t& name) {
  key_ = std::move(name);
  if (place() == Place::file) file_.forget(key_);
  if (place() != Place::whole) return true;
  if (key_ == "files") {
    has_files_ = false;
    offer_.files.clear();
  } else if (key_ == "removed") {
    removes_no_list_ = true;
    offer_.removed.clear();
  } else if (key_ == "base") {
    has_base_ = true;
    offer_.base.clear();
  } else if (key_ == "source") {
    offer_.source.clear();
  }
  return true;
}

bool ListReader::start_object(std::size_t /*elements*/) {
  if (place() == Place::nowhere) return enter(Place::whole);
  if (place() == Place::removed) return wrong(no_paths);
  if (place() != Place::files) return enter(Place::elsewhere);
  file_ = {};
  return enter(Place::file);
}

bool ListReader::start_array(std::size_t /*elements*/) {
  if (place() == Place::files) return wrong_file();
  if (place() == Place::removed) return wrong(no_paths);
  if (place() == Place::whole && key_ == "files") {
    has_files_ = true;
    return enter(Place::files);
  }
  if (place() == Place::whole && key_ == "removed") {
    removes_no_list_ = false;
    return enter(Place::removed);
  }
  return enter(Place::elsewhere);
}

bool ListReader::end_object() { return place() == Place::file ? add_file() && leave() : leave(); }

bool ListReader::enter(Place next) {
  if (places_.size() == deepest_json) return wrong("it is nested too deeply");
  places_.push_back(next);
  return true;
}

bool ListReader::leave() {
  places_.pop_back();
  return true;
}

bool ListReader::plain_value() {
  if (place() == Place::files) return wrong_file();
  return place() != Place::removed || wrong(no_paths);
}

bool ListReader::add_file() {
  if (offer_.files.size() == most_paths_) return too_many();
  auto entry = file_.entry();
  if (!entry) return wrong_file();
  offer_.files.push_back(std::move(*entry));
  return true;
}

bool ListReader::add_removed(std::string path) {
  if (offer_.removed.size() == most_paths_) return too_many();
  if (!is_path(path)) return wrong(no_paths);
  offer_.removed.push_back(std::move(path));
  return true;
}

// The first reason is the one to tell. Nothing more is read.
bool ListReader::wrong(std::string why, std::errc reason) {
  if (!trouble_) trouble_ = Error{std::move(why), {}};
  if (reason != std::errc{}) trouble_->reason = std::make_error_code(reason);
  return false;
}

bool ListReader::wrong_file() {
  return wrong("file " + std::to_string(offer_.files.size() + 1) +
               " needs a relative path, mode 0644 or 0755, a size and a sha256");
}

bool ListReader::too_many() {
  return wrong("it names more than " + std::to_string(most_paths_) + " files",
               std::errc::value_too_large);
}

Result<SourceOffer> ListReader::take() {
  if (trouble_) return *std::move(trouble_);
  if (!has_files_) return Error{no_list};
  auto& files = offer_.files;
  std::ranges::sort(files, {}, &ManifestEntry::path);
  if (std::ranges::adjacent_find(files, {}, &ManifestEntry::path) != files.end()) {
    return Error{"it names a path twice"};
  }
  if (!has_base_) {
    offer_.removed.clear();
    return std::move(offer_);
  }
  if (!is_release_name(offer_.base)) return Error{"\"base\" must be the id of a release"};
  if (removes_no_list_) return Error{"\"removed\" must be a list of paths"};
  return std::move(offer_);
}

Result<SourceOffer> read_list(std::string_view text, std::size_t most_paths) {
  if (!has_quotes_often_enough(text)) return Error{no_list};
  ListReader reader(most_paths);
  static_cast<void>(nlohmann::json::sax_parse(text, &reader));
  return reader.take();
}

Error because(const char* what, const Error& error) {
  return {std::string(what) + ": " + error.message, error.reason};
}

}  // namespace

Result<Manifest> Manifest::from_json(std::string_view text) {
  auto list = read_list(text, SIZE_MAX);
  if (!list) return because("cannot read a manifest", list.error());
  return Manifest(std::move(list->files));
}

Result<SourceOffer> SourceOffer::from_json(std::string_view text, std::size_t most_paths) {
  auto list = read_list(text, most_paths);
  if (!list) return because("cannot read what is offered", list.error());
  return list;
}

}  // namespace ops::release
