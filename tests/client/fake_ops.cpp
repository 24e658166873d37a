#include "client/fake_ops.hpp"

#include <algorithm>

#include "release/source_offer.hpp"

namespace ops::tests {
namespace {

const std::string deploy_path = std::string("/admin/deploys/") + FakeOps::deploy;

std::string accepted_body() {
  return std::string(R"({"ok":true,"deployId":")") + FakeOps::deploy + R"(","state":"building"})";
}

}  // namespace

std::string error_body(const std::string& code, const std::string& message) {
  return R"({"ok":false,"error":{"code":")" + code + R"(","message":")" + message + "\"}}";
}

std::string missing_body(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) list += (list.empty() ? "\"" : ",\"") + path + "\"";
  return std::string(R"({"ok":true,"deployId":")") + FakeOps::deploy +
         R"(","state":"receiving","missing":[)" + list + "]}";
}

std::string event(int id, const std::string& name, const std::string& data) {
  return "id: " + std::to_string(id) + "\nevent: " + name + "\ndata: " + data + "\n\n";
}

std::string status_body(const std::string& state, const std::string& release,
                        const std::string& timings) {
  return std::string(R"({"deployId":")") + FakeOps::deploy + R"(","state":")" + state +
         R"(","release":")" + release + R"(","timings":)" + timings + R"(,"error":null})";
}

std::string failed_body(const std::string& state, const std::string& release,
                        const std::string& code, const std::string& message) {
  return std::string(R"({"deployId":")") + FakeOps::deploy + R"(","state":")" + state +
         R"(","release":")" + release + R"(","timings":{},"error":{"code":")" + code +
         R"(","message":")" + message + "\"}}";
}

FakeOps::FakeOps() : server_([this](FakeExchange& exchange) { script(exchange); }) {
  on("GET /ping", [this](FakeExchange& exchange) {
    const std::lock_guard lock(mutex_);
    exchange.reply(200, "pong", {{"x-ops-release", serving_}});
  });
  on("POST /auth", [](FakeExchange& exchange) {
    const std::string wanted = std::string(R"("password":")") + password + "\"";
    if (exchange.read_body().find(wanted) == std::string::npos) {
      exchange.reply(401, error_body("unauthorised", "wrong user, password or device"));
    } else {
      exchange.reply(200,
                     R"({"ok":true,"authKey":"v1.abc.def","expiresAt":"2030-01-01T00:00:00Z"})");
    }
  });
  add_deploy_routes();
}

void FakeOps::add_deploy_routes() {
  on("POST /admin/deploy-quick/missing", [](FakeExchange& exchange) {
    const auto offer = release::SourceOffer::from_json(exchange.read_body());
    std::vector<std::string> paths;
    for (const auto& file : offer ? offer->files : std::vector<release::ManifestEntry>{}) {
      paths.push_back(file.path);
    }
    exchange.reply(200, missing_body(paths));
  });
  on("POST /admin/deploy-quick", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(202, accepted_body());
  });
  on("POST /admin/rollback-production", [](FakeExchange& exchange) {
    exchange.read_body();
    exchange.reply(202, accepted_body());
  });
  on("GET " + deploy_path + "/events", [this](FakeExchange& exchange) {
    exchange.begin_stream();
    exchange.send(event(1, "production.building", R"({"message":"compiling"})"));
    exchange.send(event(2, "production.building", R"({"message":"linking"})"));
    exchange.send(event(3, "production.starting", R"({"message":"starting 3f9a1c20b7e4"})"));
    exchange.send(event(4, "stream.end", R"({"state":"running"})"));
    serve(new_release);
  });
  on("GET " + deploy_path, [](FakeExchange& exchange) {
    exchange.reply(200, status_body("running", new_release, R"({"building":5,"starting":7})"));
  });
}

void FakeOps::on(const std::string& line, FakeServer::Script script) {
  const std::lock_guard lock(mutex_);
  routes_[line] = std::move(script);
}

bool FakeOps::admits(FakeExchange& exchange) const {
  const auto& headers = exchange.request().headers;
  const auto key = headers.find("x-auth-key");
  const bool valid = key != headers.end() && key->second == "v1.abc.def" &&
                     headers.contains("x-auth-user") && headers.contains("x-auth-device");
  if (!valid) exchange.reply(401, error_body("unauthorised", "sign in again"));
  return valid;
}

void FakeOps::serve(const std::string& release) {
  const std::lock_guard lock(mutex_);
  serving_ = release;
}

std::size_t FakeOps::count(const std::string& line) const {
  const auto requests = server_.requests();
  return static_cast<std::size_t>(std::ranges::count(requests, line, &FakeRequest::line));
}

FakeRequest FakeOps::last(const std::string& line) const {
  const auto requests = server_.requests();
  const auto found = std::find_if(requests.rbegin(), requests.rend(),
                                  [&line](const FakeRequest& r) { return r.line() == line; });
  return found == requests.rend() ? FakeRequest{} : *found;
}

void FakeOps::script(FakeExchange& exchange) {
  std::string line = exchange.request().line();
  line = line.substr(0, line.find('?'));
  FakeServer::Script route;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = routes_.find(line); found != routes_.end()) route = found->second;
  }
  if (!route) return exchange.reply(404, error_body("not-found", "no such page"));
  if (line.find(" /admin") != std::string::npos && !admits(exchange)) return;
  route(exchange);
}

}  // namespace ops::tests
