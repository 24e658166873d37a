#pragma once

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "manual_clock.hpp"
#include "release/release_store.hpp"
#include "temporary_directory.hpp"

/// A releases directory that was set up, and the steps of a deploy on it.
class ReleasedTree {
 public:
  ReleasedTree() {
    place_.write("image-files/message.txt", "image");
    set_up();
  }

  ops::release::ReleaseStore& set_up(const std::string& image_name = "") {
    store_.reset();
    auto opened =
        ops::release::ReleaseStore::set_up(path(), place_.file("image-files"), image_name, clock_);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.ok());
    store_.emplace(std::move(opened).value());
    return *store_;
  }

  ops::release::ReleaseStore& store() { return *store_; }
  ManualClock& clock() { return clock_; }
  const TemporaryDirectory& place() { return place_; }
  [[nodiscard]] std::string path() const { return place_.file("releases"); }
  [[nodiscard]] std::string file(const std::string& name) const { return path() + '/' + name; }

  ops::release::ReleaseLock lock() {
    auto held = store_->try_lock();
    REQUIRE(held.ok());
    REQUIRE(held->has_value());
    return std::move(**held);
  }

  void publish(const ops::release::ReleaseLock& held, const std::string& id,
               const std::string& message) {
    const auto staged = store_->new_staging(held);
    REQUIRE(staged.ok());
    place_.write("releases/staging/" + *staged + "/message.txt", message);
    REQUIRE(store_->publish(held, *staged, id, {}).ok());
    note(ops::release::EventKind::published, id);
  }

  void switch_to(const ops::release::ReleaseLock& held, const std::string& id,
                 ops::release::EventKind event = ops::release::EventKind::switched) {
    ops::release::JournalEntry why;
    why.event = event;
    why.deploy = "d-" + id;
    REQUIRE(store_->switch_to(held, id, why).ok());
  }

  void note(ops::release::EventKind event, const std::string& id) {
    ops::release::JournalEntry entry;
    entry.event = event;
    entry.release = id;
    REQUIRE(store_->journal().append(entry).ok());
  }

  /// Published, switched to and found healthy.
  void deploy(const std::string& id) {
    const auto held = lock();
    publish(held, id, id);
    switch_to(held, id);
    note(ops::release::EventKind::healthy, id);
  }

  [[nodiscard]] std::string link(const std::string& name) const {
    std::error_code missing;
    return std::filesystem::read_symlink(file(name), missing).string();
  }
  [[nodiscard]] std::string served() const { return place_.read("releases/current/message.txt"); }
  [[nodiscard]] ops::release::JournalEntry last_line() const {
    const auto entries = store_->journal().read();
    REQUIRE(entries.ok());
    REQUIRE_FALSE(entries->empty());
    return entries->back();
  }

 private:
  TemporaryDirectory place_;
  ManualClock clock_;
  std::optional<ops::release::ReleaseStore> store_;
};
