#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "loop/background_task.hpp"
#include "loop/loop.hpp"

namespace ops::deploy {

/// Blocking work of an owner, one piece at a time. The owner may be destroyed at any moment: it
/// waits for the work, which may use the owner's members, and never hears of its outcome. So this
/// must be the owner's last member.
class BackgroundWork {
 public:
  explicit BackgroundWork(loop::Loop& loop) : loop_(loop) {}
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
  ~BackgroundWork() {
    if (finished_.valid()) finished_.wait();
  }

  /// `done` is called on the loop's thread, with what `work` returned on another.
  template <typename Outcome>
  void run(std::function<Outcome()> work, std::function<void(Outcome)> done) {
    auto piece = std::make_shared<Piece<Outcome>>(std::move(work), std::move(done), alive_);
    finished_ = piece->finished.get_future();
    loop::run_in_background(
        loop_, [piece] { piece->run(); }, [piece] { piece->tell(); });
  }

 private:
  template <typename Outcome>
  struct Piece {
    Piece(std::function<Outcome()> work_to_do, std::function<void(Outcome)> to_tell,
          std::weak_ptr<char> owner)
        : work(std::move(work_to_do)), done(std::move(to_tell)), alive(std::move(owner)) {}

    void run() {
      outcome.emplace(work());
      finished.set_value();
    }
    void tell() {
      if (!alive.expired()) done(std::move(*outcome));
    }

    std::function<Outcome()> work;
    std::function<void(Outcome)> done;
    std::weak_ptr<char> alive;
    std::optional<Outcome> outcome;
    std::promise<void> finished;
  };

  loop::Loop& loop_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::future<void> finished_;
};

}  // namespace ops::deploy
