#include "ops/supervisor/supervisor.hpp"

#include <cassert>
#include <csignal>
#include <utility>

#include "supervisor/supervision.hpp"

namespace ops::supervisor {

Supervisor::Supervisor(AppSpec spec, Observer observer)
    : supervision_(std::make_shared<Supervision>(std::move(spec), std::move(observer))) {}

Supervisor::~Supervisor() { supervision_->abandon(); }

// Each call keeps what it works on: the observer may destroy us in it.

int Supervisor::run() {
  const auto supervision = supervision_;
  supervision->start();
  while (!supervision->exit_status() && supervision->serve_next()) {
  }
  return supervision->exit_status().value_or(0);
}

void Supervisor::start() {
  const auto supervision = supervision_;
  supervision->start();
}

int Supervisor::descriptor() const { return supervision_->descriptor(); }

void Supervisor::serve() {
  const auto supervision = supervision_;
  supervision->serve_due();
}

void Supervisor::stop() { signal(SIGTERM); }

void Supervisor::restart() {
  const auto supervision = supervision_;
  supervision->restart();
}

void Supervisor::signal(int number) {
  const auto supervision = supervision_;
  supervision->signal(number);
}

Status Supervisor::status() const { return supervision_->status(); }

std::optional<int> Supervisor::exit_status() const { return supervision_->exit_status(); }

}  // namespace ops::supervisor
