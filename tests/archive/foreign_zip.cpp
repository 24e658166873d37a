#include "foreign_zip.hpp"

#include <algorithm>
#include <set>

#include "forged_zip.hpp"

namespace foreign {
namespace {

using forged::Entry;
using forged::extra_field;
using forged::little_endian;

constexpr std::uint16_t made_on_fat = 0x0014;
constexpr std::uint16_t made_on_mac = 0x0315;
constexpr std::uint32_t dos_directory = 0x10;
constexpr std::uint32_t dos_archive = 0x20;
constexpr std::uint16_t flag_utf8 = 0x0800;

struct File {
  std::string path;
  std::uint32_t mode;
  std::string contents;
};

File file_of(const TreeSnapshot::value_type& snapshot) {
  const auto& [path, what] = snapshot;
  const auto space = what.find(' ');
  const auto mode = static_cast<std::uint32_t>(std::stoul(what.substr(0, space), nullptr, 8));
  return {path, mode, what.substr(space + 1)};
}

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void add_flags(Entry& entry, std::uint16_t flags) {
  entry.local.flags = entry.central.flags = static_cast<std::uint16_t>(entry.local.flags | flags);
}

void add_extra(Entry& entry, const std::string& local, const std::string& central) {
  entry.local.extra += local;
  entry.central.extra += central;
}

Entry with_utf8_flag(Entry entry) {
  if (!is_ascii(entry.central.name)) add_flags(entry, flag_utf8);
  return entry;
}

/// Makes a zip of entries for all files, and for all directories before what lies in them.
template <typename ToFile, typename ToDirectory>
forged::Zip zip_of(const TreeSnapshot& files, const ToFile& to_file,
                   const ToDirectory& to_directory) {
  forged::Zip zip;
  std::set<std::string> made;
  for (const auto& snapshot : files) {
    const File file = file_of(snapshot);
    for (auto slash = file.path.find('/'); slash != std::string::npos;
         slash = file.path.find('/', slash + 1)) {
      const std::string directory = file.path.substr(0, slash);
      if (made.insert(directory).second) zip.entries.push_back(to_directory(directory));
    }
    zip.entries.push_back(to_file(file));
  }
  return zip;
}

Entry go_entry(Entry entry, std::uint32_t attributes) {
  entry.attributes = attributes;
  const std::string time = extra_field(0x5455, "\1" + little_endian(0x6553f100, 4));
  add_extra(entry, time, time);
  return with_utf8_flag(std::move(entry));
}

// Archive Utility sets no flag for UTF-8, and streams all that is not empty.
Entry mac_file(const File& file) {
  Entry entry = file.contents.empty() ? forged::stored(file.path, "")
                                      : forged::streamed(file.path, file.contents);
  entry.made_by = made_on_mac;
  entry.attributes = (0100000U | file.mode) << 16U;
  return entry;
}

Entry mac_directory(const std::string& path) {
  Entry entry = forged::directory(path);
  entry.made_by = made_on_mac;
  return entry;
}

Entry with_times_and_owner(Entry entry) {
  const std::string times = little_endian(0x6553f100, 4) + little_endian(0x6553f100, 4);
  add_extra(entry, extra_field(0x5855, times + little_endian(501, 2) + little_endian(20, 2)),
            extra_field(0x5855, times));
  return entry;
}

Entry with_newer_owner(Entry entry) {
  const std::string owner =
      extra_field(0x7875, "\1\4" + little_endian(501, 4) + "\4" + little_endian(20, 4));
  const std::string time = "\3" + little_endian(0x6553f100, 4);
  add_extra(entry, extra_field(0x5455, time + little_endian(0x6553f100, 4)) + owner,
            extra_field(0x5455, time) + owner);
  return entry;
}

// The resources and attributes of a file, as AppleDouble: magic, version, filler, no entries.
File apple_double(const File& file) {
  const auto name = file.path.rfind('/') + 1;
  return {"__MACOSX/" + file.path.substr(0, name) + "._" + file.path.substr(name), 0644,
          std::string("\0\5\x16\7\0\2\0\0Mac OS X        \0\0", 26)};
}

Entry fat_entry(Entry entry, std::uint32_t attributes) {
  entry.made_by = made_on_fat;
  entry.attributes = attributes;
  return with_utf8_flag(std::move(entry));
}

Entry deflated_or_empty(const File& file) {
  return file.contents.empty() ? forged::stored(file.path, "")
                               : forged::deflated(file.path, file.contents);
}

}  // namespace

std::string go_zip(const TreeSnapshot& files) {
  return forged::bytes(zip_of(
      files,
      [](const File& file) {
        return go_entry(forged::streamed(file.path, file.contents), (0100000U | file.mode) << 16U);
      },
      [](const std::string& path) {
        return go_entry(forged::directory(path), 040755U << 16U | dos_directory);
      }));
}

std::string mac_zip(const TreeSnapshot& files) {
  auto zip = zip_of(
      files, [](const File& file) { return with_times_and_owner(mac_file(file)); },
      [](const std::string& path) { return with_times_and_owner(mac_directory(path)); });
  zip.entries.push_back(with_times_and_owner(mac_directory("__MACOSX")));
  for (const auto& snapshot : files) {
    zip.entries.push_back(with_times_and_owner(mac_file(apple_double(file_of(snapshot)))));
  }
  return forged::bytes(zip);
}

std::string ditto_zip(const TreeSnapshot& files) {
  return forged::bytes(zip_of(
      files, [](const File& file) { return with_newer_owner(mac_file(file)); },
      [](const std::string& path) { return with_newer_owner(mac_directory(path)); }));
}

std::string explorer_zip(const TreeSnapshot& files) {
  return forged::bytes(zip_of(
      files, [](const File& file) { return fat_entry(deflated_or_empty(file), dos_archive); },
      [](const std::string& path) { return fat_entry(forged::directory(path), dos_directory); }));
}

// What is empty is deflated too; directories are named only where nothing lies in them.
std::string dotnet_zip(const TreeSnapshot& files) {
  forged::Zip zip;
  for (const auto& snapshot : files) {
    const File file = file_of(snapshot);
    zip.entries.push_back(fat_entry(forged::deflated(file.path, file.contents), 0));
  }
  return forged::bytes(zip);
}

std::string windows_7z_zip(const TreeSnapshot& files) {
  const auto with_times = [](Entry entry) {
    const std::string times =
        little_endian(0, 4) + little_endian(1, 2) + little_endian(24, 2) + std::string(24, '\x11');
    add_extra(entry, "", extra_field(0x000a, times));
    return entry;
  };
  return forged::bytes(zip_of(
      files,
      [&](const File& file) { return with_times(fat_entry(deflated_or_empty(file), dos_archive)); },
      [&](const std::string& path) {
        return with_times(fat_entry(forged::directory(path), dos_directory));
      }));
}

}  // namespace foreign
