#include "base/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "base/scratch_tree.hpp"

namespace ops::base {

// FIPS 180-4's examples, the empty text, and the million times "a" of its appendix.
TEST_CASE("SHA-256 gives the published test vectors") {
  CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(to_hex(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(to_hex(sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("bytes that come in pieces give the sum of the whole") {
  const std::string text(1000, 'q');
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 999U, 1000U}) {
    Sha256 sum;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      sum.update(std::string_view(text).substr(at, piece));
    }
    CHECK(sum.finish() == sha256(text));
  }
}

TEST_CASE("a file is summed from where it stands to its end") {
  const ScratchTree directory;
  const std::string large = "head" + std::string(300'000, 'x');
  directory.write("file", large);
  const UniqueFd file(::openat(directory.fd(), "file", O_RDONLY | O_CLOEXEC));
  REQUIRE(::lseek(file.get(), 4, SEEK_SET) == 4);
  const auto sum = sha256_of_file(file.get());
  REQUIRE(sum.ok());
  CHECK(*sum == sha256(large.substr(4)));
}

TEST_CASE("what cannot be read has no sum") {
  const auto sum = sha256_of_file(-1);
  REQUIRE_FALSE(sum.ok());
  CHECK(sum.error().message == "cannot read a file to hash it: Bad file descriptor");
}

TEST_CASE("summing a file can be stopped in its midst") {
  ScratchTree directory;
  directory.write("huge", "");
  const UniqueFd file(::openat(directory.fd(), "huge", O_RDWR | O_CLOEXEC));
  REQUIRE(::ftruncate(file.get(), off_t{1} << 40) == 0);
  std::stop_source stop;
  std::thread thread([&] {
    while (::lseek(file.get(), 0, SEEK_CUR) == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto sum = sha256_of_file(file.get(), stop.get_token());
  thread.join();
  REQUIRE_FALSE(sum.ok());
  CHECK(sum.error().reason == std::errc::operation_canceled);
}

}  // namespace ops::base
