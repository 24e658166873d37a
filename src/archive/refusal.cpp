#include "archive/refusal.hpp"

#include "archive/utf8.hpp"

namespace ops::archive {

const char* code(Rule rule) {
  switch (rule) {
    case Rule::not_a_zip:
      return "not-a-zip";
    case Rule::ambiguous:
      return "ambiguous";
    case Rule::truncated:
      return "truncated";
    case Rule::inconsistent:
      return "inconsistent";
    case Rule::overlap:
      return "overlap";
    case Rule::zip64:
      return "zip64";
    case Rule::encrypted:
      return "encrypted";
    case Rule::unsupported_method:
      return "unsupported-method";
    case Rule::bad_extra_field:
      return "bad-extra-field";
    case Rule::bad_name:
      return "bad-name";
    case Rule::duplicate_name:
      return "duplicate-name";
    case Rule::file_is_directory:
      return "file-is-directory";
    case Rule::symbolic_link:
      return "symbolic-link";
    case Rule::special_file:
      return "special-file";
    case Rule::bad_data:
      return "bad-data";
    case Rule::too_many_entries:
      return "too-many-entries";
    case Rule::too_deep:
      return "too-deep";
    case Rule::name_too_long:
      return "name-too-long";
    case Rule::too_large:
      return "too-large";
    case Rule::ratio_too_high:
      return "ratio-too-high";
    case Rule::empty:
      return "empty";
  }
  return "unknown";
}

Refusal refuse(Rule rule, std::string_view raw_entry, std::string_view why) {
  Refusal refusal{rule, printable(raw_entry), {}};
  const std::string subject =
      raw_entry.empty() ? "the archive" : "the entry \"" + refusal.entry + "\"";
  refusal.message = "cannot take " + subject + ": " + std::string(why) + " (" + code(rule) + ")";
  return refusal;
}

}  // namespace ops::archive
