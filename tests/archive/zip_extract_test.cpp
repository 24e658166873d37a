#include "archive/zip_extract.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/durable_file.hpp"
#include "catch.hpp"
#include "forged_zip.hpp"
#include "noise.hpp"
#include "temporary_directory.hpp"
#include "tree_snapshot.hpp"

using ops::archive::extract_zip;
using ops::archive::ExtractedFile;
using ops::archive::scan_zip;
using ops::archive::ZipFailure;

namespace {

using Extracted = ops::Result<std::vector<ExtractedFile>, ZipFailure>;

Extracted extract(const std::string& zip, const std::string& target) {
  const auto fd = forged::file_of(zip);
  const auto scanned = scan_zip(fd.get());
  if (!scanned) return scanned.error();
  const auto directory = ops::base::open_directory(target);
  REQUIRE(directory.ok());
  return extract_zip(fd.get(), *scanned, directory->get());
}

std::string extracting(const forged::Entry& entry) {
  const TemporaryDirectory target;
  const auto files = extract(forged::bytes(entry), target.path().string());
  return files ? "accepted" : forged::code_of(files.error());
}

}  // namespace

TEST_CASE("files arrive with their bytes, modes and hashes") {
  const TemporaryDirectory target;
  const std::string large = noise(300'000) + std::string(300'000, 'z');
  forged::Zip zip;
  zip.entries = {forged::directory("empty directory"),
                 forged::with_mode(forged::deflated("bin/run", large), 0104777),
                 forged::stored("bin/data", large),
                 forged::streamed("notes.txt", "hello"),
                 forged::stored("deep/er/file", ""),
                 forged::stored("bin/last", "back in bin")};
  const auto files = extract(forged::bytes(zip), target.path().string());
  REQUIRE(files.ok());
  CHECK(files_of(target.path()) == TreeSnapshot{{"bin/data", "644 " + large},
                                                {"bin/last", "644 back in bin"},
                                                {"bin/run", "755 " + large},
                                                {"deep/er/file", "644 "},
                                                {"notes.txt", "644 hello"}});
  CHECK(std::filesystem::is_directory(target.path() / "empty directory"));
  CHECK(first_oddity(target.path()).empty());
  REQUIRE(files->size() == 5);
  CHECK(files->at(0).path == "bin/run");
  CHECK(files->at(0).mode == 0755);
  CHECK(files->at(0).bytes == 600'000);
  CHECK(files->at(0).sha256 == ops::base::sha256(large));
  CHECK(files->at(2).sha256 == ops::base::sha256("hello"));
}

TEST_CASE("modes do not depend on the umask") {
  const TemporaryDirectory target;
  forged::Zip zip;
  zip.entries = {forged::with_mode(forged::stored("d/run", "x"), 0100755),
                 forged::stored("d/read", "x")};
  const mode_t before = ::umask(0077);
  const auto files = extract(forged::bytes(zip), target.path().string());
  ::umask(before);
  REQUIRE(files.ok());
  CHECK(first_oddity(target.path()).empty());
}

TEST_CASE("data that is not what its headers say is refused") {
  auto entry = forged::deflated("a", std::string(1000, 'a'));
  SECTION("more bytes") { entry.local.unpacked = entry.central.unpacked = 999; }
  SECTION("fewer bytes") { entry.local.unpacked = entry.central.unpacked = 1001; }
  SECTION("another checksum") { entry.local.crc32 = entry.central.crc32 ^= 1; }
  SECTION("a stored file with another checksum") {
    entry = forged::stored("a", "contents");
    entry.data[0] ^= 1;
  }
  CHECK(extracting(entry) == "bad-data");
}

TEST_CASE("a deflate stream that is broken, unfinished or followed by bytes is refused") {
  auto entry = forged::deflated("a", std::string(1000, 'a'));
  SECTION("a block of a type that does not exist") { entry.data = "\x07"; }
  SECTION("cut short") { entry.data.pop_back(); }
  SECTION("never ended") {
    entry.data = std::string("\0\xe8\x03\x17\xfc", 5) + std::string(1000, 'a');
  }
  SECTION("followed by one byte") { entry.data += 'x'; }
  SECTION("followed by more than is read at once") { entry.data += std::string(200'000, 'x'); }
  entry.local.packed = entry.central.packed = static_cast<std::uint32_t>(entry.data.size());
  CHECK(extracting(entry) == "bad-data");
}

TEST_CASE("a bit that flips anywhere in the data is noticed") {
  const auto sound = forged::deflated("a", "the quick brown fox jumps over the lazy dog, twice");
  for (std::size_t bit = 0; bit < sound.data.size() * 8; ++bit) {
    auto entry = sound;
    entry.data[bit / 8] = static_cast<char>(entry.data[bit / 8] ^ (1 << (bit % 8)));
    // Bits after the end of the last block pad its byte and mean nothing.
    const std::string verdict = extracting(entry);
    if (verdict != "bad-data") {
      INFO("bit " << bit);
      CHECK(bit / 8 == sound.data.size() - 1);
    }
  }
}

TEST_CASE("an entry that unpacks to more than it says stops there") {
  const TemporaryDirectory target;
  auto bomb = forged::deflated("bomb", std::string(10'000'000, '\0'));
  bomb.local.unpacked = bomb.central.unpacked = 100;
  CHECK_FALSE(extract(forged::bytes(bomb), target.path().string()).ok());
  CHECK(std::filesystem::file_size(target.path() / "bomb") <= 100);
}

TEST_CASE("what is in the way is neither followed nor overwritten") {
  const TemporaryDirectory outside;
  outside.write("secret", "untouched");
  const TemporaryDirectory target;
  const auto before = snapshot(outside.path());
  SECTION("a link where a directory should be") {
    std::filesystem::create_symlink(outside.path(), target.path() / "d");
    CHECK_FALSE(extract(forged::bytes(forged::stored("d/new", "x")), target.path()).ok());
  }
  SECTION("a link where a file should be") {
    std::filesystem::create_symlink(outside.path() / "secret", target.path() / "f");
    const auto files = extract(forged::bytes(forged::stored("f", "x")), target.path());
    REQUIRE_FALSE(files.ok());
    CHECK(forged::code_of(files.error()) == "duplicate-name");
  }
  SECTION("a dangling link where a file should be") {
    std::filesystem::create_symlink(outside.path() / "new", target.path() / "f");
    CHECK_FALSE(extract(forged::bytes(forged::stored("f", "x")), target.path()).ok());
  }
  CHECK(snapshot(outside.path()) == before);
}

TEST_CASE("a disk that takes no more is the machine's fault and keeps its reason") {
  const TemporaryDirectory target;
  struct rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto previous = ::signal(SIGXFSZ, SIG_IGN);
  const std::string zip = forged::bytes(forged::deflated("big", noise(500'000)));
  const auto fd = forged::file_of(zip);
  const auto scanned = scan_zip(fd.get());
  REQUIRE(scanned.ok());
  const auto directory = ops::base::open_directory(target.path().string());
  REQUIRE(directory.ok());
  const struct rlimit small = {100'000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto files = extract_zip(fd.get(), *scanned, directory->get());
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, previous);
  REQUIRE_FALSE(files.ok());
  const auto* error = std::get_if<ops::Error>(&files.error());
  REQUIRE(error != nullptr);
  CHECK(error->reason == std::errc::file_too_large);
  CHECK(error->message.find("cannot write big: ") == 0);
}

TEST_CASE("an archive that shrinks after its scan is the machine's fault") {
  const TemporaryDirectory target;
  const auto fd = forged::file_of(forged::bytes(forged::stored("a", noise(1000))));
  const auto scanned = scan_zip(fd.get());
  REQUIRE(scanned.ok());
  const auto directory = ops::base::open_directory(target.path().string());
  REQUIRE(directory.ok());
  REQUIRE(::ftruncate(fd.get(), 100) == 0);
  const auto files = extract_zip(fd.get(), *scanned, directory->get());
  REQUIRE_FALSE(files.ok());
  CHECK(forged::code_of(files.error()) == "error");
}

TEST_CASE("unpacking can be stopped") {
  const TemporaryDirectory target;
  const auto fd = forged::file_of(forged::bytes(forged::stored("file", "content")));
  const auto scanned = scan_zip(fd.get());
  REQUIRE(scanned.ok());
  const auto directory = ops::base::open_directory(target.path());
  REQUIRE(directory.ok());
  std::stop_source stop;
  stop.request_stop();
  const auto files = extract_zip(fd.get(), *scanned, directory->get(), stop.get_token());
  REQUIRE_FALSE(files.ok());
  REQUIRE(std::holds_alternative<ops::Error>(files.error()));
  CHECK(std::get<ops::Error>(files.error()).reason == std::errc::operation_canceled);
}

namespace {

// So many that several threads share them, wherever there are processors for it.
forged::Zip many_files(std::size_t count) {
  forged::Zip zip;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "d" + std::to_string(i % 7) + "/f" + std::to_string(i);
    zip.entries.push_back(forged::deflated(name, "file " + std::to_string(i)));
  }
  return zip;
}

}  // namespace

TEST_CASE("a large archive arrives whole, and its files are told in its order") {
  const TemporaryDirectory target;
  const auto zip = many_files(3'000);
  const auto files = extract(forged::bytes(zip), target.path().string());
  REQUIRE(files.ok());
  REQUIRE(files->size() == zip.entries.size());
  bool right = true;
  for (std::size_t i = 0; i < files->size(); ++i) {
    const std::string& path = (*files)[i].path;
    right = right && path == zip.entries[i].central.name &&
            target.read(path) == "file " + std::to_string(i);
  }
  CHECK(right);
}

TEST_CASE("of several files that are broken the first one is told, whichever thread meets it") {
  auto zip = many_files(3'000);
  for (const std::size_t broken : {1'990U, 2'017U, 2'999U}) {
    zip.entries[broken].local.crc32 = zip.entries[broken].central.crc32 ^= 1;
  }
  const std::string bytes = forged::bytes(zip);
  for (int round = 0; round < 10; ++round) {
    const TemporaryDirectory target;
    const auto files = extract(bytes, target.path().string());
    REQUIRE_FALSE(files.ok());
    const auto& refusal = std::get<ops::archive::Refusal>(files.error());
    CHECK(refusal.message.find("/f1990") != std::string::npos);
  }
}
