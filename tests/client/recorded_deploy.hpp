#pragma once

#include <fcntl.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "archive/zip_scan.hpp"
#include "catch.hpp"
#include "client/deploy_flow.hpp"
#include "client/fake_ops.hpp"
#include "client/test_session.hpp"
#include "temporary_directory.hpp"

inline const std::string events_line =
    std::string("GET /admin/deploys/") + ops::tests::FakeOps::deploy + "/events";
inline const std::string status_line =
    std::string("GET /admin/deploys/") + ops::tests::FakeOps::deploy;
inline const std::string upload_line = "POST /admin/deploy-quick";
inline const std::string offer_line = "POST /admin/deploy-quick/missing";

/// What a deploy has told.
class Recorder final : public ops::client::DeployListener {
 public:
  void packed(std::size_t files, std::uint64_t, std::chrono::milliseconds) override {
    files_packed = files;
  }
  void sent(std::uint64_t bytes, std::uint64_t) override { bytes_sent = bytes; }
  void uploaded(std::uint64_t bytes, std::chrono::milliseconds) override { bytes_sent = bytes; }
  void state(std::string_view state) override { states.emplace_back(state); }
  void build_line(std::string_view line) override { lines.emplace_back(line); }
  void starting(std::string_view message) override { start_message = message; }
  void waiting(std::string_view reason) override {
    waits.emplace_back(reason);
    if (on_waiting) on_waiting();
  }

  std::size_t files_packed = 0;
  std::uint64_t bytes_sent = 0;
  std::vector<std::string> lines;
  std::vector<std::string> states;
  std::vector<std::string> waits;
  std::string start_message;
  std::function<void()> on_waiting;
};

/// The files in a zip, which may be none.
inline std::vector<std::string> paths_in(const std::string& zip) {
  const TemporaryDirectory directory;
  directory.write("zip", zip);
  const ops::base::UniqueFd fd(::open(directory.file("zip").c_str(), O_RDONLY));
  const auto scanned = ops::archive::scan_zip(fd.get(), {.least_files = 0});
  REQUIRE(scanned.ok());
  std::vector<std::string> paths;
  for (const auto& entry : scanned->entries) paths.push_back(entry.path);
  return paths;
}

/// A small project, its server, and somebody who deploys it.
struct Deploy {
  Deploy() {
    project.write("message.txt", "hello\n");
    project.write("bin/run", "#!/bin/sh\n");
  }

  ops::tests::FakeOps server;
  Recorder recorder;
  TemporaryDirectory project;
  TemporaryDirectory cache;

  [[nodiscard]] ops::client::Sources sources() const {
    auto found = ops::client::find_sources(project.path());
    REQUIRE(found.ok());
    return std::move(found).value();
  }
  ops::client::DeployOutcome run(
      const ops::client::Patience& patience = patient(),
      ops::client::FailedBefore failed_before = ops::client::FailedBefore::refuse) {
    ops::client::Session session(server.url(), credentials_with(ops::tests::FakeOps::password));
    return ops::client::DeployFlow(session, recorder, patience)
        .quick_deploy(sources(), failed_before, ops::client::KnownSources(cache.path()));
  }
  ops::client::DeployOutcome roll_back(const std::string& to) {
    ops::client::Session session(server.url(), credentials_with(ops::tests::FakeOps::password));
    return ops::client::DeployFlow(session, recorder, patient()).roll_back(to);
  }
  ops::client::FailureKind failure(const ops::client::Patience& patience = patient()) {
    const auto outcome = run(patience);
    REQUIRE(outcome.failure.has_value());
    CHECK_FALSE(outcome.failure->message.empty());
    message = outcome.failure->message;
    serving = outcome.serving;
    return outcome.failure->kind;
  }
  void answer_upload(int status, const std::string& body,
                     const std::map<std::string, std::string>& headers = {}) {
    server.on(upload_line, [=](ops::tests::FakeExchange& exchange) {
      exchange.read_body();
      exchange.reply(status, body, headers);
    });
  }
  void answer_status(const std::string& body) {
    server.on(status_line, [=](ops::tests::FakeExchange& exchange) { exchange.reply(200, body); });
  }

  std::string message;
  std::string serving;
};
