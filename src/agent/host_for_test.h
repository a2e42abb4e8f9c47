#pragma once
// For tests: a host with an agent, on real sockets and real shared memory: a log in memory, its
// publisher and feed server, an issuer's key set, and the folder that the index lies in.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "base/check.h"
#include "feed/authority_for_test.h"
#include "feed/publisher.h"
#include "issuer/http_get.h"
#include "jwt/signing_key.h"
#include "net/http_server.h"
#include "transport/feed_server_testing.h"

namespace rescind::agent {

// What was said, for a test to look at.
class LogForTest final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view event,
             std::initializer_list<LogField> /*fields*/) override {
    events.emplace_back(event);
  }
  bool heard(std::string_view event) const {
    return std::ranges::find(events, event) != events.end();
  }
  std::vector<std::string> events;
};

class HostForTest : public testing::Test {
 protected:
  HostForTest() {
    std::string name = "/dev/shm/rescind-test-XXXXXX";
    folder = mkdtemp(name.data());
    transport::add_http_adapters(registry);
    transport::FeedServer::Options serve;
    serve.heartbeat = [this]() -> Result<std::string> { return authority.heartbeat(); };
    serve.keys = [this] {
      return "{\"keys\":[" + authority.key()->public_key().public_jwk() + "]}";
    };
    serve.receive = [this](feed::Report report, const transport::FeedServer::Done& done) {
      receipts.push_back(std::move(report));
      done({});
    };
    feed = std::make_unique<transport::FeedServer>(loop, authority, std::move(serve));
    const net::Handler of_feed = feed->handler();
    server = *net::Server::open(
        {&loop}, {}, [this, of_feed](const net::Request& request, net::Responder responder) {
          if (request.path != "/jwks" && feed_answers)
            return of_feed(request, std::move(responder));
          const bool found = request.path == "/jwks" && issuer_answers;
          responder.respond({.status = found ? 200 : 503, .body = found ? key_set() : ""});
        });
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer), .feed = "default"},
        authority, *feed, authority.key(), random, log);
  }
  ~HostForTest() override {
    agent.reset();
    std::filesystem::remove_all(folder);
  }

  std::string path() const { return folder + "/rescind.index"; }
  std::string url(std::string_view what) const {
    return "http://127.0.0.1:" + std::to_string(server->port()) + std::string(what);
  }
  std::string key_set() const { return "{\"keys\":[" + key.public_key().public_jwk() + "]}"; }

  Agent::Options options() const {
    Agent::Options options;
    options.index = {.file = {.path = path(), .group = {}}, .max_entries = 100'000};
    options.following.access.url = url("/v1/feed");
    options.following.access.heartbeat = Milliseconds(100);
    options.following.follower.name = "host-1";
    options.following.follower.issuer = feed::kTestIssuer;
    options.following.follower.policy = "refuse 30000";
    issuer::IssuerOptions issuer;
    issuer.issuer = feed::kTestIssuer;
    issuer.algorithms = {jwt::Algorithm::kEs256};
    issuer.jwks_url = url("/jwks");
    options.issuers = {issuer};
    return options;
  }
  Result<void> start(Agent::Options options) {
    TRY_ASSIGN(agent, Agent::start(std::move(options), {.registry = registry,
                                                        .get_for = get_for,
                                                        .loop = loop,
                                                        .client = client,
                                                        .clock = clock,
                                                        .random = random,
                                                        .log = log}));
    return {};
  }
  Result<void> start() { return start(options()); }
  // A millisecond passes at each look.
  bool until(const std::function<bool()>& done) {
    return transport::run_until(loop, [&] {
      clock.advance(Milliseconds(1));
      authority.now += Milliseconds(1);
      publisher->step(clock.now());
      return done();
    });
  }
  bool becomes_ready() {
    return until(
        [this] { return agent->index().published() && agent->index().index().state().ready; });
  }

  // What a process of this host finds at the path.
  std::unique_ptr<revocation::Index::Reader> attach() const {
    auto view = revocation::IndexView::attach(path());
    return view ? std::make_unique<revocation::Index::Reader>(*view) : nullptr;
  }
  static bool refuses(const revocation::Index::Reader& reader, const std::string& session) {
    return reader.find(revocation::key_of(feed::revoke_session(session).target)).has_value();
  }
  std::size_t keys_of(const revocation::Index::Reader& reader, std::string_view issuer) const {
    const auto all = verifier::parse_shared_keys(reader.keys().value_or(""));
    EXPECT_TRUE(all);
    for (const auto& one : *all) {
      if (one.issuer == issuer) return one.keys->keys().size();
    }
    return 0;
  }

  std::string folder;
  net::Loop loop;
  ManualClock clock{{wall_from_ms(1'800'000'000'000), BootTime(std::chrono::hours(1))}};
  SeededRandom random{7};
  LogForTest log;
  jwt::SigningKey key = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  feed::AuthorityForTest authority;
  bool feed_answers = true;
  bool issuer_answers = true;
  std::vector<feed::Report> receipts;
  transport::Registry registry;
  issuer::GetFor get_for = issuer::http_get_on(loop);
  net::Client client{loop, {}};
  std::unique_ptr<transport::FeedServer> feed;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<feed::Publisher> publisher;
  std::unique_ptr<Agent> agent;
};

}  // namespace rescind::agent
