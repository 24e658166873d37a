// Deploys onto a disk that becomes full in the middle of them.

#include <csignal>
#include <filesystem>
#include <random>
#include <string>

#include "catch.hpp"
#include "deploy/demo.hpp"
#include "deploy/small_disk.hpp"

namespace {

/// Bytes that cannot be packed, so that sizes are what they seem.
std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_CASE("a full disk fails a deploy, at whatever step, and changes nothing that runs") {
  const SmallDisk disk("8m");
  if (!disk.is_there()) {
    WARN("skipped: only root can mount a small disk");
    return;
  }
  Demo demo({}, {}, disk.file("releases"));
  demo.edit("noise.bin", noise(400'000, 1));
  demo.edit("message.txt", "serving");
  REQUIRE(demo.deploy().status == 0);

  // The archive and the unpacked tree need 400 kB each: the disk fills up before, in and after
  // them.
  unsigned seed = 2;
  for (const std::size_t left : {0U, 4'096U, 100'000U, 390'000U, 410'000U, 600'000U, 790'000U,
                                 800'000U, 810'000U, 820'000U, 830'000U}) {
    INFO(left << " bytes are left");
    const pid_t process = demo.app();
    const std::string before = demo.message(), release = demo.release();
    demo.edit("noise.bin", noise(400'000, seed));
    demo.edit("message.txt", "release " + std::to_string(seed++));
    disk.leave(left);
    const Outcome deploy = demo.deploy();
    INFO(deploy.err << demo.log());
    if (deploy.status != 0) {
      CHECK(demo.message() == before);
      CHECK(demo.release() == release);
      CHECK(demo.app() == process);
    } else {
      CHECK(demo.message() == "release " + std::to_string(seed - 1));
    }
    if (left < 700'000) CHECK(deploy.status == 1);
    disk.empty();
  }

  demo.edit("message.txt", "there is room again");
  const Outcome deploy = demo.deploy();
  INFO(deploy.err << demo.log());
  CHECK(deploy.status == 0);
  CHECK(demo.message() == "there is room again");
  CHECK(std::filesystem::is_empty(disk.file("releases/staging")));
}

TEST_CASE("what serves starts again although the disk is full") {
  const SmallDisk disk("4m");
  if (!disk.is_there()) {
    WARN("skipped: only root can mount a small disk");
    return;
  }
  Demo demo({}, {}, disk.file("releases"));
  demo.edit("message.txt", "serving");
  REQUIRE(demo.deploy().status == 0);
  disk.leave(0);
  demo.supervisor().signal(SIGTERM);
  CHECK(demo.supervisor().wait() == 0);
  demo.start_again();
  CHECK(demo.message() == "serving");
}

}  // namespace
