#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "deploy/deployer.hpp"
#include "middleware/auth.hpp"
#include "middleware/event_streams.hpp"
#include "middleware/exchange.hpp"
#include "middleware/lifecycle.hpp"
#include "ops/middleware/handler.hpp"
#include "release/release_store.hpp"

namespace ops::middleware {

/// What does not change while the service runs, and whether it serves.
struct Production {
  std::string release;  // this process runs it
  std::string url;
  unsigned short port = 0;
  std::chrono::system_clock::time_point started_at;
  std::function<Phase()> phase;
};

/// What the admin may ask of releases and deploys. All arguments must outlive it.
class ReleasesApi {
 public:
  ReleasesApi(const Auth& auth, deploy::Deployer& deployer, const release::ReleaseStore& store,
              EventStreams& streams, Production production)
      : auth_(auth),
        deployer_(deployer),
        store_(store),
        streams_(streams),
        production_(std::move(production)) {}

  /// GET /admin/deploys/<id> and /admin/deploys/<id>/events.
  void show_deploy(const Request& request, const std::shared_ptr<Exchange>& exchange);
  /// DELETE /admin/deploys/<id>: ends a deploy that has not switched yet.
  void cancel_deploy(const Request& request, Responder respond);
  /// GET /admin/production: how the service stands, whatever becomes of a deploy.
  void show_production(const Request& request, Responder respond) const;
  /// GET /admin/production-history: newest first.
  void list_versions(const Request& request, Responder respond) const;
  /// POST /admin/rollback-production {"toHash"}.
  void roll_back(const Request& request, Responder respond);

 private:
  const Auth& auth_;
  deploy::Deployer& deployer_;
  const release::ReleaseStore& store_;
  EventStreams& streams_;
  Production production_;
};

}  // namespace ops::middleware
