#include "archive/inflater.hpp"

#include <array>
#include <string>

#include "catch.hpp"
#include "forged_zip.hpp"

using ops::archive::Inflater;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// Unpacks with `room` bytes of output at a time.
std::string inflate(Inflater& inflater, const std::string& packed, std::size_t room) {
  inflater.restart();
  auto input = bytes_of(packed);
  std::string text;
  std::string output(room, '\0');
  for (;;) {
    const auto step = inflater.step(input, std::as_writable_bytes(std::span(output)));
    input = input.subspan(step.consumed);
    text += output.substr(0, step.produced);
    if (step.state == Inflater::State::broken) return "broken";
    if (step.state == Inflater::State::ended) return text;
  }
}

}  // namespace

TEST_CASE("streams are unpacked one after the other, however small the pieces") {
  auto inflater = Inflater::create();
  REQUIRE(inflater.ok());
  const std::string text = "to be or not to be " + std::string(5000, 'x');
  for (const std::size_t room : {1U, 7U, 100'000U}) {
    CHECK(inflate(*inflater, forged::deflate(text), room) == text);
    CHECK(inflate(*inflater, forged::deflate(""), room).empty());
  }
}

TEST_CASE("a broken stream does not harm the next") {
  auto inflater = Inflater::create();
  REQUIRE(inflater.ok());
  CHECK(inflate(*inflater, "\x07", 100) == "broken");
  CHECK(inflate(*inflater, forged::deflate("sound"), 100) == "sound");
}

TEST_CASE("what follows the end of a stream is left in the input") {
  auto inflater = Inflater::create();
  REQUIRE(inflater.ok());
  const std::string packed = forged::deflate("text") + "more";
  std::array<std::byte, 100> output = {};
  const auto step = inflater->step(bytes_of(packed), output);
  CHECK(step.state == Inflater::State::ended);
  CHECK(packed.size() - step.consumed == 4);
}
