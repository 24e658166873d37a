#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "archive/zip_create.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "release/manifest.hpp"
#include "temporary_directory.hpp"

using Files = std::map<std::string, std::string>;

/// What the server would call the sources of `files`; as zip_bytes() has them.
inline ops::release::Manifest manifest_of(const Files& files) {
  std::vector<ops::release::ManifestEntry> entries;
  for (const auto& [path, content] : files) {
    const bool executable = path.ends_with('*');
    entries.push_back({executable ? path.substr(0, path.size() - 1) : path,
                       executable ? 0755U : 0644U, content.size(), ops::base::sha256(content)});
  }
  return ops::release::Manifest(std::move(entries));
}

/// A zip of `files`, path to content; a path that ends in '*' is an executable file.
inline std::string zip_bytes(const Files& files) {
  TemporaryDirectory place;
  std::filesystem::create_directory(place.file("tree"));
  std::vector<ops::archive::SourceFile> sources;
  for (const auto& [path, content] : files) {
    const bool executable = path.ends_with('*');
    const std::string name = executable ? path.substr(0, path.size() - 1) : path;
    place.write("tree/" + name, content);
    sources.push_back({name, executable ? 0755U : 0644U});
  }
  const auto root = ops::base::open_directory(place.file("tree"));
  REQUIRE(root.ok());
  const ops::base::UniqueFd zip(
      ::open(place.file("zip").c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const auto made = ops::archive::create_zip(root->get(), sources, zip.get());
  INFO((made ? "" : made.error().message));
  REQUIRE(made.ok());
  return place.read("zip");
}
