#include "client/glob.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace ops::client {
namespace {

using Set = std::bitset<256>;

std::size_t index(char c) { return static_cast<unsigned char>(c); }

struct NamedClass {
  std::string_view name;
  int (*holds)(int);
};
constexpr std::array<NamedClass, 12> named_classes{{{"alnum", std::isalnum},
                                                    {"alpha", std::isalpha},
                                                    {"blank", std::isblank},
                                                    {"cntrl", std::iscntrl},
                                                    {"digit", std::isdigit},
                                                    {"graph", std::isgraph},
                                                    {"lower", std::islower},
                                                    {"print", std::isprint},
                                                    {"punct", std::ispunct},
                                                    {"space", std::isspace},
                                                    {"upper", std::isupper},
                                                    {"xdigit", std::isxdigit}}};

// Reads what stands between '[' and ']', one item after the other.
class SetReader {
 public:
  SetReader(std::string_view pattern, std::size_t at) : pattern_(pattern), at_(at) {}

  // Nothing for a set that has no end or names an unknown class. The first item may be ']'.
  std::optional<Set> read() {
    const bool negated = at_ < pattern_.size() && (pattern_[at_] == '!' || pattern_[at_] == '^');
    if (negated) ++at_;
    do {
      if (at_ >= pattern_.size() || !read_item()) return std::nullopt;
    } while (at_ >= pattern_.size() || pattern_[at_] != ']');
    if (negated) set_.flip();
    set_.reset(index('/'));
    return set_;
  }

  [[nodiscard]] std::size_t end() const { return at_ + 1; }

 private:
  bool read_item() {
    const std::string_view rest = pattern_.substr(at_);
    if (rest.starts_with("[:")) {
      const auto close = rest.find(']', 2);
      if (close == std::string_view::npos) return false;
      if (close >= 3 && rest[close - 1] == ':') return read_class(rest.substr(2, close - 3));
    }
    if (rest[0] == '-' && before_ && rest.size() > 1 && rest[1] != ']') {
      ++at_;
      return read_range(*std::exchange(before_, std::nullopt));
    }
    const auto byte = read_byte();
    if (!byte) return false;
    set_.set(index(*byte));
    before_ = byte;
    return true;
  }

  bool read_class(std::string_view name) {
    const auto known = std::ranges::find(named_classes, name, &NamedClass::name);
    if (known == named_classes.end()) return false;
    for (std::size_t byte = 0; byte < 128; ++byte) {
      if (known->holds(static_cast<int>(byte)) != 0) set_.set(byte);
    }
    at_ += name.size() + 4;  // with "[:" and ":]"
    before_.reset();
    return true;
  }

  bool read_range(char first) {
    const auto last = read_byte();
    if (!last) return false;
    for (std::size_t byte = index(first); byte <= index(*last); ++byte) set_.set(byte);
    return true;
  }

  std::optional<char> read_byte() {
    if (pattern_[at_] == '\\') ++at_;
    if (at_ >= pattern_.size()) return std::nullopt;
    return pattern_[at_++];
  }

  std::string_view pattern_;
  std::size_t at_;
  Set set_;
  std::optional<char> before_;  // what a '-' would begin its range with
};

}  // namespace

Glob::Glob(std::string_view pattern) {
  std::size_t at = 0;
  while (at < pattern.size() && !malformed_) {
    const char c = pattern[at];
    if (c == '*') {
      at = add_stars(pattern, at);
    } else if (c == '[') {
      at = add_set(pattern, at + 1);
    } else if (c == '?') {
      tokens_.push_back({Kind::one_of, Set().set().reset(index('/'))});
      ++at;
    } else if (c == '\\' && at + 1 == pattern.size()) {
      malformed_ = true;
    } else {
      if (c == '\\') ++at;
      add_byte(pattern[at++]);
    }
  }
  literal_ = text_.size() == tokens_.size();
}

// Reads the path once and keeps, for every token, whether all before it can have matched so far.
class Glob::Progress {
 public:
  explicit Progress(const std::vector<Token>& tokens)
      : tokens_(tokens), reached_(tokens.size() + 1), next_(tokens.size() + 1), in_(tokens.size()) {
    reached_[0] = true;
    pass_over_empty();
  }

  void read(char c) {
    std::fill(next_.begin(), next_.end(), false);
    for (std::size_t i = 0; i < tokens_.size(); ++i) advance(i, c);
    reached_.swap(next_);
    pass_over_empty();
  }

  [[nodiscard]] bool at_end() const { return reached_.back(); }

 private:
  void advance(std::size_t i, char c) {
    const Token& token = tokens_[i];
    if (token.kind == Kind::directories) {
      in_[i] = in_[i] || reached_[i];
      if (in_[i] && c == '/') next_[i + 1] = true;
    } else if (reached_[i] && token.kind == Kind::one_of) {
      if (token.set.test(index(c))) next_[i + 1] = true;
    } else if (reached_[i] && (token.kind == Kind::everything || c != '/')) {
      next_[i] = true;
    }
  }

  void pass_over_empty() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (reached_[i] && tokens_[i].kind != Kind::one_of) reached_[i + 1] = true;
    }
  }

  const std::vector<Token>& tokens_;
  std::vector<bool> reached_;
  std::vector<bool> next_;
  std::vector<bool> in_;  // `directories` that were entered: they may be left behind every '/'
};

bool Glob::matches(std::string_view path) const {
  if (malformed_) return false;
  if (literal_) return path == text_;
  Progress progress(tokens_);
  for (const char c : path) progress.read(c);
  return progress.at_end();
}

// Two or more stars are special where they are a whole part, else they are one.
std::size_t Glob::add_stars(std::string_view pattern, std::size_t at) {
  const bool starts_part = at == 0 || pattern[at - 1] == '/';
  const std::size_t end = std::min(pattern.find_first_not_of('*', at), pattern.size());
  const bool whole_part = end - at >= 2 && starts_part;
  if (whole_part && end == pattern.size()) {
    tokens_.push_back({Kind::everything});
    return end;
  }
  if (whole_part && pattern[end] == '/') {
    tokens_.push_back({Kind::directories});
    return end + 1;
  }
  tokens_.push_back({Kind::run});
  return end;
}

std::size_t Glob::add_set(std::string_view pattern, std::size_t at) {
  SetReader reader(pattern, at);
  const auto set = reader.read();
  malformed_ = !set.has_value();
  if (set) tokens_.push_back({Kind::one_of, *set});
  return reader.end();
}

void Glob::add_byte(char c) {
  tokens_.push_back({Kind::one_of, Set().set(index(c))});
  text_.push_back(c);
}

}  // namespace ops::client
