#!/usr/bin/env python3
"""Takes the rules for archives out of the source, one at a time, and sees that a test fails each time:

    removed_rules.py WORKPLACE [PART OF A NAME…]

Works on a copy of the tree below WORKPLACE and builds only what it needs there. Ends with 1 where a rule could be
removed without a test noticing, or where the source no longer reads as RULES expects it."""

import os
import shutil
import subprocess
import sys

OFF = "if (false) "

# file: [(what is removed, the text as it stands there once, the text without the rule)]
RULES = {
    "src/archive/entry_name.cpp": [
        ("length of a name", "if (name.size() > limits.name_bytes) {", OFF + "{"),
        ("UTF-8 of a name", 'if (!c) return "its name is not valid UTF-8";', "if (!c) return nullptr;"),
        ("control characters", "*c < 0x20 || ", ""),
        ("DEL and C1 characters", " || (*c >= 0x7f && *c <= 0x9f)", ""),
        ("C1 characters", "*c <= 0x9f", "*c <= 0x7f"),
        ("backslashes", "if (*c == '\\\\') ", OFF),
        ("colons", "if (*c == ':') ", OFF),
        ("empty parts", "if (part.empty()) return", OFF + "return"),
        ("the part .", 'part == "." || ', ""),
        ("the part ..", ' || part == ".."', ""),
        ("length of a part", "if (part.size() > longest_part) {", OFF + "{"),
        ("depth", "if (depth > limits.depth) {", OFF + "{"),
    ],
    "src/archive/utf8.cpp": [
        ("overlong forms", "value < lead->least || ", ""),
        ("code points beyond Unicode", " || value > 0x10ffff", ""),
        ("surrogates", " || surrogate) return", ") return"),
        ("continuation bytes", "if ((byte & 0xc0U) != 0x80) return std::nullopt;", ""),
        ("escapes in messages", "if (code_point && is_plain(*code_point)) {", "if (code_point) {"),
        ("cut of long names in messages", "if (text.size() >= longest_print)", OFF),
    ],
    "src/archive/central_record.cpp": [
        ("signature of a central record", "!signed_as_record || !directory.ok()", "!directory.ok()"),
        ("end of the directory within a record", "!signed_as_record || !directory.ok()", "!signed_as_record"),
        ("extra fields of a central record", "if (!sizes) return sizes.error();\n  record.sizes = *sizes;",
         "if (sizes) record.sizes = *sizes;"),
        ("encryption", "      format::flag_encrypted | ", "      "),
        ("strong encryption", "format::flag_strong_encryption | format::flag_masked", "format::flag_masked"),
        ("masked headers", " | format::flag_masked_headers;", ";"),
        ("unknown flags", "if ((record.flags & ~known) != 0) {", OFF + "{"),
        ("methods", "if (!stored && record.method != format::method_deflated) {", OFF + "{"),
        ("two sizes of a stored entry", "if (stored && record.sizes.packed", "if (false && record.sizes.packed"),
        ("no bytes of a deflated entry", "if (!stored && record.sizes.packed == 0", "if (false && record.sizes.packed == 0"),
        ("symbolic links", "if (type == S_IFLNK) ", OFF),
        ("special files", "if (type != 0 && type != S_IFREG", "if (false && type != S_IFREG"),
        ("a file by mode, a directory by name", "const bool says_file = type == S_IFREG;", "const bool says_file = false;"),
        ("a directory by mode, a file by name", "type == S_IFDIR || (", "("),
        ("a directory by DOS attribute, a file by name", " || (record.external_attributes & dos_directory) != 0", ""),
        ("bytes of a directory", "record.sizes.unpacked == 0 && record.crc32", "record.crc32"),
        ("checksum of a directory", " && record.crc32 == 0 &&", " &&"),
        ("packed bytes of a directory", "&&\n                        record.sizes.packed <= empty_deflate_stream", ""),
        ("ZIP64 disk of an entry", "record.disk == format::elsewhere16 || ", ""),
        ("ZIP64 place of an entry", " || record.local_offset == format::elsewhere32", ""),
        ("another disk of an entry", "if (record.disk != 0) {", OFF + "{"),
        ("masked modes", "record.named_as_directory() || runs ? 0755 : 0644", "runs ? 0755 : unix_mode(record) & 07777U"),
        ("mode of what the owner may run", "record.named_as_directory() || runs ? 0755 : 0644", "0644"),
    ],
    "src/archive/end_record.cpp": [
        ("an end record", 'if (!at) return refuse(Rule::not_a_zip', 'if (!at) return refuse(Rule::ambiguous'),
        ("the comment to the end of the file", "!reader.ok() || !reader.at_end()", "!reader.ok()"),
        ("the comment within the file", "!reader.ok() || !reader.at_end()", "reader.ok() && !reader.at_end()"),
        ("central records in a comment", '"PK\\1\\2", "PK\\3\\4", "PK\\5\\6",', '"PK\\3\\4", "PK\\3\\4", "PK\\5\\6",'),
        ("local records in a comment", '"PK\\1\\2", "PK\\3\\4", "PK\\5\\6",', '"PK\\1\\2", "PK\\1\\2", "PK\\5\\6",'),
        ("end records in a comment", '"PK\\1\\2", "PK\\3\\4", "PK\\5\\6",', '"PK\\1\\2", "PK\\3\\4", "PK\\3\\4",'),
        ("ZIP64 end records in a comment", '"PK\\6\\6", ', '"PK\\1\\2", '),
        ("ZIP64 locators in a comment", '"PK\\6\\7", ', '"PK\\1\\2", '),
        ("descriptors in a comment", '"PK\\7\\x8"}', '"PK\\1\\2"}'),
        ("ZIP64 locator", "return locator || ", "return "),
        ("ZIP64 disk", "end.disk == format::elsewhere16 || ", ""),
        ("ZIP64 disk of the directory", "end.directory_disk == format::elsewhere16 ||", ""),
        ("ZIP64 count here", "end.records_here == format::elsewhere16 || ", ""),
        ("ZIP64 count", "end.records == format::elsewhere16 ||", ""),
        ("ZIP64 size", "end.size == format::elsewhere32 || ", ""),
        ("ZIP64 place", " || end.offset == format::elsewhere32", ""),
        ("one disk", "end.disk != 0 || ", ""),
        ("one disk of the directory", " || end.directory_disk != 0", ""),
        ("two counts", "if (end.records_here != end.records) {", OFF + "{"),
        ("bytes between directory and end", "if (end.size != before.size() - end.offset) {", OFF + "{"),
        ("an end record in the directory", '.find("PK\\5\\6") != std::string_view::npos', '.find("PK\\5\\6") == 12345'),
    ],
    "src/archive/extra_field.cpp": [
        ("extra fields that do not add up", 'if (!reader.ok()) return refuse(Rule::bad_extra_field', 'if (!reader.ok()) return said; if (false) return refuse(Rule::bad_extra_field'),
        ("Unicode Path", "if (id == format::extra_unicode_path) {", OFF + "{"),
        ("two ZIP64 fields", "if (zip64) return", OFF + "return"),
        ("too short a ZIP64 field", "if (!reader.ok() || !reader.at_end()) {\n    return refuse(Rule::zip64", "if (reader.ok() && !reader.at_end()) {\n    return refuse(Rule::zip64"),
        ("too long a ZIP64 field", "if (!reader.ok() || !reader.at_end()) {\n    return refuse(Rule::zip64", "if (!reader.ok()) {\n    return refuse(Rule::zip64"),
        ("a ZIP64 field with other sizes", "&& Sizes{packed, unpacked} == said", "&& packed + unpacked + said.packed + 1 != 0"),
    ],
    "src/archive/local_record.cpp": [
        ("signature of a local header", "if (!local.signed_as_record) return", OFF + "return"),
        ("name in a local header", "if (local.name != central.raw_name) return", OFF + "return"),
        ("flags in a local header", "if (local.flags != central.flags) return", OFF + "return"),
        ("method in a local header", "if (local.method != central.method) return", OFF + "return"),
        ("extra fields of a local header", "if (!sizes) return sizes.error();\n  const bool open", "if (!sizes) return std::nullopt;\n  const bool open"),
        ("checksum in a local header", "if (!agrees(local.crc32, central.crc32, open)) {", OFF + "{"),
        ("packed size in a local header", "!agrees(sizes->packed, central.sizes.packed, open) ||", ""),
        ("unpacked size in a local header", "||\n      !agrees(sizes->unpacked, central.sizes.unpacked, open)", ""),
        ("open sizes only with a descriptor", "(may_be_open && local == 0)", "local == 0"),
        ("a local header within the archive", "if (!reader.ok()) return outside();\n  if (auto", "if (auto"),
        ("data within the archive", "if (!reader.ok()) return outside();\n  extent.end", "extent.end"),
        ("a descriptor where there must be one", "if (!descriptor_agrees(reader, central)) {", OFF + "{"),
        ("signature of a descriptor", "return signed_as_descriptor && ", "static_cast<void>(signed_as_descriptor); return "),
        ("checksum of a descriptor", " && crc32 == central.crc32 &&", " && (crc32 | 1U) != 0 &&"),
        ("sizes of a descriptor", "&&\n         Sizes{packed, unpacked} == central.sizes", "&& packed + unpacked < 1U << 30U"),
    ],
    "src/archive/zip_scan.cpp": [
        ("count of entries", "if (extent->records > limits_.entries) {", OFF + "{"),
        ("records beyond the count", "if (!directory.at_end()) {", OFF + "{"),
        ("layout", "if (auto refusal = judge_layout(extent->offset)) return *std::move(refusal);", ""),
        ("overlap", "if (extent.begin < position) return", OFF + "return"),
        ("bytes before or between entries", "if (extent.begin > position) break;", ""),
        ("bytes after the entries", "if (position == end) return std::nullopt;", "if (position <= end) return std::nullopt;"),
        ("names", "if (auto refusal = judge_name(record.path(), limits_)) return refusal;", ""),
        ("names that live together", "if (auto refusal = tree_.add(record.path(), kind)) return refusal;", "static_cast<void>(kind);"),
        ("unpacked bytes", "if (record.sizes.unpacked > limits_.unpacked_bytes - found_.unpacked_bytes) {", OFF + "{"),
        ("a file", "if (static_cast<std::size_t>(files) < limits_.least_files)", "if (files < 0)"),
        ("ratio", "if (packed_bytes_ >= least_packed) return", "return"),
        ("small archives are free of the ratio", "if (found_.unpacked_bytes <= limits_.free_of_ratio) return std::nullopt;", ""),
    ],
    "src/archive/path_tree.cpp": [
        ("length of all names", "if (path.size() > name_bytes_left_) {", OFF + "{"),
        ("count of directories", "if (directories_left_ == 0) {", OFF + "{"),
        ("spelling", "if (node.spelling != part) {", OFF + "{"),
        ("a file that is a directory", "if ((node.standing == Standing::file) != (wanted == Standing::file)) {", OFF + "{"),
        ("the same name twice", "if (node.standing != Standing::implied_directory) {", OFF + "{"),
    ],
    "src/archive/name_key.cpp": [
        ("lower case", "append_utf8(key, lower(c));", "append_utf8(key, c);"),
        ("case beyond Latin-1", "if (even_is_upper && c % 2 == 0 && c != 0x130) return c + 1;", ""),
        ("normal form", "if (const Composition* composition = composition_of(c)) {", "if (const Composition* composition = composition_of(c); false) {"),
    ],
    "src/archive/inflater.cpp": [
        ("broken streams", "} else if (outcome != Z_OK) {", "} else if (outcome == Z_DATA_ERROR + 100) {"),
    ],
    "src/archive/zip_extract.cpp": [
        ("more bytes than said", "if (bytes.size() > entry_.unpacked_bytes - count_)", OFF),
        ("fewer bytes than said", "if (count_ != entry_.unpacked_bytes) return", OFF + "return"),
        ("checksum", "if (crc_ != entry_.crc32) return", OFF + "return"),
        ("bytes after a stream", "if (input.empty() && packed.at_end()) return {};", "return {};"),
        ("bytes after a stream that were read already", "if (input.empty() && packed.at_end()) return {};", "if (packed.at_end()) return {};"),
        ("a name that the file system folds", "if (error.reason == std::errc::file_exists) {", OFF + "{"),
        ("an archive that shrinks", 'if (got == 0) return Error{"cannot read the archive: it became', 'if (got == 0) return Bytes{}; if (got == 0) return Error{"cannot read the archive: it became'),
    ],
    "src/archive/target_tree.cpp": [
        ("a file that is there", "O_CREAT | O_EXCL | O_NOFOLLOW", "O_CREAT | O_NOFOLLOW"),
        ("a link in a file's place", "O_CREAT | O_EXCL | O_NOFOLLOW", "O_CREAT"),
        ("a link in a directory's place", "O_DIRECTORY | O_NOFOLLOW", "O_DIRECTORY"),
        ("mode of a file, whatever the umask", "if (::fchmod(fd.get(), mode) != 0) return", "static_cast<void>(mode); " + OFF + "return"),
        ("mode of a directory, whatever the umask", "if (made && ::fchmod(level.fd.get(), directory_mode) != 0) {", OFF + "{"),
    ],
}


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def copy_of(tree, workplace):
    """The sources without what was built; another place, so the samples beside the checkout are not in reach. As new
    as now: what an earlier run has built is of other sources."""
    copy = os.path.join(workplace, "tree")
    shutil.rmtree(copy, ignore_errors=True)
    no_part = {"build", ".git"}
    shutil.copytree(tree, copy, copy_function=shutil.copy,
                    ignore=lambda folder, names: no_part & set(names) if folder == tree else set())
    return copy


class Build:
    """The tests of the room, whatever its sources say at the moment."""

    def __init__(self, tree, binaries):
        self._tree, self._binaries = tree, binaries
        self._configure()

    def _configure(self):
        options = ["-DOPS_BUILD_TESTS=ON", "-DOPS_UNITY_TESTS=ON", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS=-O1 -w"]
        made = run("cmake", "-G", "Ninja", "-S", self._tree, "-B", self._binaries, *options)
        if made.returncode != 0:
            sys.exit(made.stdout)

    def failing_test(self):
        """The end of what a failing run printed; nothing where all tests pass. Does not compile: an error."""
        made = run("cmake", "--build", self._binaries, "--target", "ops_archive_tests")
        if made.returncode != 0:
            sys.exit(made.stdout[-3000:])
        try:
            tests = run(os.path.join(self._binaries, "tests/archive/ops_archive_tests"), "--abort", timeout=120)
        except subprocess.TimeoutExpired:
            return "the tests do not come to an end"
        return tests.stdout[-1500:] if tests.returncode != 0 else ""


def is_noticed(build, path, text, rule):
    name, there, without = rule
    if text.count(there) != 1:
        print(f"NOT THERE  {path}: {name}: the text to remove stands there {text.count(there)} times", flush=True)
        return False
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(there, without))
    failed = build.failing_test()
    print(f"{'noticed' if failed else 'UNNOTICED'}  {name}", flush=True)
    return bool(failed)


def main():
    workplace, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    copy = copy_of(tree, workplace)
    build = Build(copy, os.path.join(workplace, "build"))
    if failed := build.failing_test():
        sys.exit("the tests fail already:\n" + failed)
    removed = noticed = 0
    for name, rules in RULES.items():
        path = os.path.join(copy, name)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for rule in rules:
            if wanted and not any(part in rule[0] for part in wanted):
                continue
            removed += 1
            noticed += is_noticed(build, path, text, rule)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    print(f"{removed} rules removed one at a time, {noticed} of them noticed by a test")
    return 0 if removed == noticed and removed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
