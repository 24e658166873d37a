#include "loop/background_task.hpp"

#include <uv.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace ops::loop {
namespace {

struct Task {
  uv_work_t request{};
  std::function<void()> work;
  std::function<void()> done;

  static void run(uv_work_t* request) { static_cast<Task*>(request->data)->work(); }
  static void finish(uv_work_t* request, int /*status*/) {
    const std::unique_ptr<Task> task(static_cast<Task*>(request->data));
    task->done();
  }
};

}  // namespace

void run_in_background(Loop& loop, std::function<void()> work, std::function<void()> done) {
  auto task = std::make_unique<Task>();
  task->work = std::move(work);
  task->done = std::move(done);
  task->request.data = task.get();
  // Fails only without a function to run. The request belongs to libuv until finish().
  if (::uv_queue_work(loop.native(), &task->request, Task::run, Task::finish) != 0) std::abort();
  static_cast<void>(task.release());
}

}  // namespace ops::loop
