#pragma once

#include <string>
#include <string_view>

namespace ops::archive {

/// Which rule an archive broke. Names are stable: they are what tests and clients match on
/// (`code()`). The rules and where they come from: tests/archive holds one sample and one test for
/// each.
enum class Rule {
  not_a_zip,     // no end-of-central-directory record, or not where it must be
  ambiguous,     // bytes before, between or after the parts, or several ends: parsers disagree
  truncated,     // a record lies outside the file
  inconsistent,  // local header, central header or data descriptor contradict each other
  overlap,       // two entries share bytes
  zip64,         // ZIP64 where it is not needed
  encrypted,
  unsupported_method,  // neither stored nor deflated
  bad_extra_field,     // malformed, or the Unicode Path extra that renames an entry
  bad_name,        // absolute, "..", ".", empty part, backslash, drive, control byte, invalid UTF-8
  duplicate_name,  // the same path twice, also by case or Unicode normal form
  file_is_directory,  // a path is a file here and a directory there
  symbolic_link,
  special_file,
  bad_data,  // does not inflate, CRC or size differ from what is said
  too_many_entries,
  too_deep,
  name_too_long,
  too_large,  // unpacked bytes, really counted
  ratio_too_high,
  empty,  // no file in it
};

/// Why an archive was not taken. `entry` is printable: other bytes are escaped.
struct Refusal {
  Rule rule;
  std::string entry;    // empty where the rule is about the whole archive
  std::string message;  // one sentence that names the entry and the rule
};

/// "bad-name", "symbolic-link", …
[[nodiscard]] const char* code(Rule rule);

/// Words a refusal. `raw_entry` is a name as it stands in the archive, whatever bytes it has; empty
/// where the rule is about the whole archive. `why` ends the sentence, "it has …".
[[nodiscard]] Refusal refuse(Rule rule, std::string_view raw_entry, std::string_view why);

}  // namespace ops::archive
