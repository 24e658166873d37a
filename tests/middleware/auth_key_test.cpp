#include "middleware/auth_key.hpp"

#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

#include "base/base64url.hpp"
#include "base/durable_file.hpp"
#include "catch.hpp"
#include "manual_clock.hpp"
#include "temporary_directory.hpp"

namespace ops::middleware {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view password = "correct horse battery";
const Identity laptop{"deploybot", "laptop"};

struct SignedKey {
  ManualClock clock;
  base::Digest secret = base::sha256(std::string_view("the file auth.key"));
  AuthKeySigner signer{secret, laptop.user, password};
  std::string key = signer.sign(laptop, clock.wall(), 15min);
};

TEST_CASE_METHOD(SignedKey, "a key is accepted for the user and device it was made for") {
  CHECK(signer.accepts(key, laptop, clock.wall()));
  CHECK_FALSE(signer.accepts(key, {"deploybot", "desktop"}, clock.wall()));
  CHECK_FALSE(signer.accepts(key, {"somebody", "laptop"}, clock.wall()));
}

TEST_CASE_METHOD(SignedKey,
                 "a key outlives a restart, that is another signer with the same secret") {
  CHECK(AuthKeySigner(secret, laptop.user, password).accepts(key, laptop, clock.wall()));
}

TEST_CASE_METHOD(SignedKey, "a key dies with the password and with the secret") {
  CHECK_FALSE(
      AuthKeySigner(secret, laptop.user, "another password!").accepts(key, laptop, clock.wall()));
  const auto other = base::sha256(std::string_view("another file"));
  CHECK_FALSE(AuthKeySigner(other, laptop.user, password).accepts(key, laptop, clock.wall()));
}

TEST_CASE_METHOD(SignedKey, "a key ends with its time, give or take a minute between clocks") {
  clock.advance(15min + 59s);
  CHECK(signer.accepts(key, laptop, clock.wall()));
  clock.advance(2s);
  CHECK_FALSE(signer.accepts(key, laptop, clock.wall()));
}

TEST_CASE_METHOD(SignedKey, "a key from the future or with too long a life is refused") {
  CHECK_FALSE(
      signer.accepts(signer.sign(laptop, clock.wall() + 2min, 15min), laptop, clock.wall()));
  CHECK(signer.accepts(signer.sign(laptop, clock.wall(), 24h), laptop, clock.wall()));
  CHECK_FALSE(signer.accepts(signer.sign(laptop, clock.wall(), 24h + 1s), laptop, clock.wall()));
}

TEST_CASE_METHOD(SignedKey, "every flipped bit makes a key worthless") {
  for (std::size_t i = 0; i < key.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = key;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      INFO("byte " << i << ", bit " << bit);
      REQUIRE_FALSE(signer.accepts(flipped, laptop, clock.wall()));
    }
  }
}

TEST_CASE_METHOD(SignedKey, "a key that is cut short or made longer is refused") {
  for (std::size_t length = 0; length < key.size(); ++length) {
    REQUIRE_FALSE(signer.accepts(std::string_view(key).substr(0, length), laptop, clock.wall()));
  }
  for (const char* tail : {"=", "A", ".", " ", "\n"}) {
    CHECK_FALSE(signer.accepts(key + tail, laptop, clock.wall()));
  }
  CHECK_FALSE(signer.accepts(std::string(64 * 1024, 'A'), laptop, clock.wall()));
}

TEST_CASE_METHOD(SignedKey, "a key of another version is refused") {
  for (const char* version : {"v0", "v2", "V1"}) {
    CHECK_FALSE(signer.accepts(version + key.substr(2), laptop, clock.wall()));
  }
}

TEST_CASE("names are one to 64 letters, digits, dashes and underscores") {
  CHECK(is_valid_name("a"));
  CHECK(is_valid_name("Deploy-bot_7"));
  CHECK(is_valid_name(std::string(64, 'x')));
  CHECK_FALSE(is_valid_name(std::string(65, 'x')));
  for (const char* name : {"", "a b", "a.b", "a@b", "a/b", "\xc3\xa4", "a\n"})
    CHECK_FALSE(is_valid_name(name));
}

TEST_CASE("the secret is made once, for its owner's eyes only") {
  const TemporaryDirectory directory;
  const auto fd = base::open_directory(directory.path());
  REQUIRE(fd);
  const auto first = read_or_create_secret(fd->get());
  const auto second = read_or_create_secret(fd->get());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
  struct stat status {};
  REQUIRE(::stat(directory.file("auth.key").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(status.st_size == 32);
}

TEST_CASE("processes that make the secret at the same time agree on one") {
  const TemporaryDirectory directory;
  const auto fd = base::open_directory(directory.path());
  REQUIRE(fd);
  std::vector<base::Digest> secrets(8);
  std::vector<std::thread> racers;
  for (base::Digest& secret : secrets) {
    racers.emplace_back([&fd, &secret] {
      if (const auto read = read_or_create_secret(fd->get())) secret = *read;
    });
  }
  for (std::thread& racer : racers) racer.join();
  for (const base::Digest& secret : secrets) CHECK(secret == secrets.front());
  CHECK(secrets.front() != base::Digest{});
}

TEST_CASE("a secret that others could read is theirs no more") {
  const TemporaryDirectory directory;
  const auto fd = base::open_directory(directory.path());
  REQUIRE(fd);
  const auto before = read_or_create_secret(fd->get());
  REQUIRE(before);
  for (const mode_t mode : {0644U, 0660U, 0604U}) {
    REQUIRE(::chmod(directory.file("auth.key").c_str(), mode) == 0);
    const auto secret = read_or_create_secret(fd->get());
    REQUIRE(secret);
    CHECK(*secret == *before);
    struct stat status {};
    REQUIRE(::stat(directory.file("auth.key").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a secret that belongs to somebody else is not used") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give files away");
    return;
  }
  const TemporaryDirectory directory;
  const auto fd = base::open_directory(directory.path());
  REQUIRE(fd);
  REQUIRE(read_or_create_secret(fd->get()));
  REQUIRE(::chown(directory.file("auth.key").c_str(), 1001, 1001) == 0);
  const auto secret = read_or_create_secret(fd->get());
  REQUIRE_FALSE(secret);
  CHECK(secret.error().message.find("another user") != std::string::npos);
}

TEST_CASE("a secret of the wrong size or behind a link is not used") {
  const TemporaryDirectory directory;
  const auto fd = base::open_directory(directory.path());
  REQUIRE(fd);
  SECTION("too short") {
    directory.write("auth.key", std::string(31, 's'));
    CHECK_FALSE(read_or_create_secret(fd->get()));
  }
  SECTION("too long") {
    directory.write("auth.key", std::string(33, 's'));
    CHECK_FALSE(read_or_create_secret(fd->get()));
  }
  SECTION("a directory") {
    std::filesystem::create_directory(directory.path() / "auth.key");
    CHECK_FALSE(read_or_create_secret(fd->get()));
  }
  SECTION("a link") {
    directory.write("elsewhere", std::string(32, 's'));
    std::filesystem::create_symlink("elsewhere", directory.path() / "auth.key");
    CHECK_FALSE(read_or_create_secret(fd->get()));
  }
}

}  // namespace
}  // namespace ops::middleware
