#pragma once

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "loop/background_task.hpp"
#include "loop/loop.hpp"
#include "ops/result.hpp"

namespace ops::deploy {

/// Blocking work of an owner, one piece at a time. The owner may be destroyed at any moment: it
/// asks the work to stop, waits for it, since it may use the owner's members, and never hears of
/// its outcome. So this must be the owner's last member.
class BackgroundWork {
 public:
  explicit BackgroundWork(loop::Loop& loop) : loop_(loop) {}
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
  ~BackgroundWork() {
    stop_.request_stop();
    if (finished_.valid()) finished_.wait();
  }

  /// Asks what runs to stop. `done` is called all the same.
  void request_stop() { std::exchange(stop_, std::stop_source()).request_stop(); }

  template <typename T>
  using Work = std::function<Result<T>(const std::stop_token&)>;

  /// `done` is called on the loop's thread, with what `work` returned on another. An exception that
  /// leaves `work` is its error: nothing else would catch it there.
  template <typename T>
  void run(Work<T> work, std::function<void(Result<T>)> done) {
    auto piece =
        std::make_shared<Piece<T>>(std::move(work), std::move(done), stop_.get_token(), alive_);
    finished_ = piece->finished.get_future();
    loop::run_in_background(
        loop_, [piece] { piece->run(); }, [piece] { piece->tell(); });
  }

 private:
  template <typename T>
  struct Piece {
    Piece(Work<T> work_to_do, std::function<void(Result<T>)> to_tell, std::stop_token to_stop,
          std::weak_ptr<char> owner)
        : work(std::move(work_to_do)),
          done(std::move(to_tell)),
          stop(std::move(to_stop)),
          alive(std::move(owner)) {}

    void run() {
      try {
        outcome.emplace(work(stop));
      } catch (const std::exception& thrown) {
        outcome.emplace(Error{std::string("cannot do the work: ") + thrown.what()});
      }
      finished.set_value();
    }
    void tell() {
      if (!alive.expired()) done(*std::move(outcome));
    }

    Work<T> work;
    std::function<void(Result<T>)> done;
    std::stop_token stop;
    std::weak_ptr<char> alive;
    std::optional<Result<T>> outcome;
    std::promise<void> finished;
  };

  loop::Loop& loop_;
  std::stop_source stop_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::future<void> finished_;
};

}  // namespace ops::deploy
