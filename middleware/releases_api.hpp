#pragma once

#include <memory>

#include "deploy/deployer.hpp"
#include "middleware/auth.hpp"
#include "middleware/event_streams.hpp"
#include "middleware/exchange.hpp"
#include "ops/middleware/handler.hpp"
#include "release/release_store.hpp"

namespace ops::middleware {

/// What the admin may ask of releases and deploys. All arguments must outlive it.
class ReleasesApi {
 public:
  ReleasesApi(const Auth& auth, deploy::Deployer& deployer, const release::ReleaseStore& store,
              EventStreams& streams)
      : auth_(auth), deployer_(deployer), store_(store), streams_(streams) {}

  /// GET /admin/deploys/<id> and /admin/deploys/<id>/events.
  void show_deploy(const Request& request, const std::shared_ptr<Exchange>& exchange);
  /// GET /admin/production-history: newest first.
  void list_versions(const Request& request, Responder respond) const;
  /// POST /admin/rollback-production {"toHash"}.
  void roll_back(const Request& request, Responder respond);

 private:
  const Auth& auth_;
  deploy::Deployer& deployer_;
  const release::ReleaseStore& store_;
  EventStreams& streams_;
};

}  // namespace ops::middleware
