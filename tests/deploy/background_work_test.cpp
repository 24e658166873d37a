#include "deploy/background_work.hpp"

#include <stdexcept>
#include <thread>

#include "catch.hpp"

using namespace ops::deploy;
using ops::Result;

TEST_CASE("work is done on another thread and its outcome is told on this one") {
  ops::loop::Loop loop;
  BackgroundWork background(loop);
  const auto here = std::this_thread::get_id();
  std::thread::id there;
  std::thread::id told;
  background.run<int>(
      [&](const std::stop_token&) -> Result<int> {
        there = std::this_thread::get_id();
        return 7;
      },
      [&](const Result<int>& outcome) {
        told = std::this_thread::get_id();
        CHECK(*outcome == 7);
      });
  loop.run();
  CHECK(there != here);
  CHECK(told == here);
}

TEST_CASE("an exception that leaves the work is its error, not the end of the process") {
  ops::loop::Loop loop;
  BackgroundWork background(loop);
  std::string message;
  background.run<void>(
      [](const std::stop_token&) -> Result<void> { throw std::runtime_error("no access"); },
      [&](const Result<void>& outcome) { message = outcome.error().message; });
  loop.run();
  CHECK(message == "cannot do the work: no access");
}

TEST_CASE("work is asked to stop and waited for when its owner goes, who hears nothing") {
  ops::loop::Loop loop;
  bool stopped = false;
  bool told = false;
  {
    BackgroundWork background(loop);
    background.run<void>(
        [&](const std::stop_token& stop) -> Result<void> {
          while (!stop.stop_requested()) std::this_thread::yield();
          stopped = true;
          return {};
        },
        [&](const Result<void>&) { told = true; });
  }
  CHECK(stopped);
  loop.run();
  CHECK_FALSE(told);
}
