// A tree of real servers on one loop: an authority, agents below agents, a follower at the bottom.

#include "agent/served_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "feed/authority_for_test.h"
#include "feed/publisher.h"
#include "net/basic_auth.h"
#include "transport/following.h"
#include "transport/poll_road_testing.h"

namespace rescind::agent {
namespace {

using feed::revoke_session;
using transport::Following;

constexpr Milliseconds kHeartbeat{100};
constexpr std::string_view kClient = "below";
constexpr std::string_view kSecret = "a secret of those below";

class TreeTest : public testing::Test {
 protected:
  // Who follows, and serves on what it follows.
  struct Node {
    Node(TreeTest& tree, std::string node_name, std::uint16_t upstream, std::uint16_t own_port,
         ServedFeed::Options serve)
        : name(std::move(node_name)), index(*revocation::Index::create(tree.random, {})) {
      Following::Options options;
      options.access =
          transport::RoadWorld::access("http://127.0.0.1:" + std::to_string(upstream) + "/v1/feed");
      options.access.client_id = kClient;
      options.access.client_secret = Secret(std::string(kSecret));
      options.follower.name = name;
      options.follower.issuer = feed::kTestIssuer;
      options.follower.policy = "refuse 30000";
      options.follower.heartbeat = kHeartbeat;
      serve.clients = {{.id = std::string(kClient), .secret = Secret(std::string(kSecret))}};
      serve.heartbeat = kHeartbeat;
      served = std::make_unique<ServedFeed>(
          std::move(serve),
          *tree.registry.origin(options.access,
                                {.loop = tree.loop, .random = tree.random, .log = tree.log}),
          tree.loop, tree.clock, tree.log);
      following = *Following::start(std::move(options), tree.registry, tree.loop, tree.client,
                                    *index, tree.clock, tree.random, tree.log);
      following->pass_on(served->hearer());
      served->serve([this] { return following ? following->follower() : nullptr; });
      server = *net::Server::open({&tree.loop}, {.port = own_port}, served->handler());
    }
    ~Node() {
      server.reset();
      following.reset();
    }
    std::uint16_t port() const { return server->port(); }
    const feed::Follower* follower() const { return following->follower(); }
    bool ready() const { return follower() != nullptr && follower()->ready(); }
    bool refuses(const std::string& session) const {
      return revocation::Index::Reader(*index)
          .find(key_of(revoke_session(session).target))
          .has_value();
    }

    std::string name;
    std::unique_ptr<revocation::Index> index;
    std::unique_ptr<ServedFeed> served;
    std::unique_ptr<Following> following;
    std::unique_ptr<net::Server> server;
  };

  TreeTest() {
    transport::add_http_adapters(registry);
    open_authority(0);
  }
  ~TreeTest() override { nodes.clear(); }

  // The authority's process, anew.
  void open_authority(std::uint16_t port) {
    http.reset();
    publisher.reset();
    server.reset();
    transport::FeedServer::Options options;
    options.heartbeat = [this]() -> Result<std::string> { return authority.heartbeat(); };
    options.keys = [this] {
      return "{\"keys\":[" + authority.key()->public_key().public_jwk() + "]}";
    };
    options.receive = [this](feed::Report report, const transport::FeedServer::Done& done) {
      reports.push_back(std::move(report));
      done({});
    };
    options.snapshot_fresh_for = Milliseconds(0);
    server = std::make_unique<transport::FeedServer>(loop, authority, std::move(options));
    http = *net::Server::open(
        {&loop}, {.port = port},
        [this, handler = server->handler()](const net::Request& request, net::Responder responder) {
          if (away) return responder.respond(net::problem_response(503));
          handler(request, std::move(responder));
        });
    publisher = std::make_unique<feed::Publisher>(
        feed::Publisher::Options{.issuer = std::string(feed::kTestIssuer),
                                 .feed = "default",
                                 .heartbeat = kHeartbeat,
                                 .start = authority.position()},
        authority, *server, authority.key(), random, log);
  }
  // Adds one below the last.
  Node& grow(ServedFeed::Options serve = {}) {
    const std::uint16_t upstream = nodes.empty() ? http->port() : nodes.back()->port();
    nodes.push_back(std::make_unique<Node>(*this, "agent-" + std::to_string(nodes.size() + 1),
                                           upstream, std::uint16_t{0}, std::move(serve)));
    return *nodes.back();
  }
  bool until(const std::function<bool()>& done) {
    return transport::run_until(loop, [&] {
      clock.advance(Milliseconds(1));
      authority.now += Milliseconds(1);
      publisher->step(clock.now());
      return done();
    });
  }
  bool all_ready() {
    return until(
        [&] { return std::ranges::all_of(nodes, [](const auto& node) { return node->ready(); }); });
  }
  // Time passes: for what has to stay as it is.
  void pass(Milliseconds time) {
    const BootTime end = clock.now().boot + time;
    EXPECT_TRUE(until([&] { return clock.now().boot >= end; }));
  }
  bool told(const std::string& name, feed::Position position) const {
    return std::ranges::any_of(reports, [&](const feed::Report& report) {
      return report.follower == name && report.applied == position && !report.proof;
    });
  }
  bool proven_by(const std::string& name) const {
    return std::ranges::any_of(reports, [&](const feed::Report& report) {
      return report.follower == name && report.proof;
    });
  }
  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer get(const Node& node, const std::string& path, std::string_view secret = kSecret) {
    net::FetchRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(node.port()) + path;
    request.headers = {{"Accept", "application/json"}};
    if (!secret.empty()) {
      request.headers.emplace_back("Authorization", net::basic_authorization(kClient, secret));
    }
    std::optional<Answer> answer;
    client.fetch(std::move(request), [&answer](Result<net::Response> response) {
      answer = response ? Answer{response->status, response->body} : Answer{};
    });
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    return answer.value_or(Answer{});
  }
  // Asks again and again.
  bool comes_to(const Node& node, const std::string& path,
                const std::function<bool(const Answer&)>& wanted) {
    for (int i = 0; i < 2'000; ++i) {
      if (wanted(get(node, path))) return true;
      pass(Milliseconds(5));
    }
    return false;
  }

  net::Loop loop;
  SeededRandom random{7};
  NullLog log;
  feed::AuthorityForTest authority;
  ManualClock clock{{.wall = authority.now, .boot = BootTime(std::chrono::hours(1))}};
  net::Client client{loop};
  transport::Registry registry;
  std::vector<feed::Report> reports;
  bool away = false;
  std::unique_ptr<transport::FeedServer> server;
  std::unique_ptr<net::Server> http;
  std::unique_ptr<feed::Publisher> publisher;
  std::vector<std::unique_ptr<Node>> nodes;
};

TEST_F(TreeTest, WhatIsRevokedAtTheTopIsRefusedAtTheBottom) {
  authority.revoke({revoke_session("before")});
  for (int depth = 0; depth < 4; ++depth) grow();
  ASSERT_TRUE(all_ready());
  const Node& bottom = *nodes.back();
  EXPECT_TRUE(bottom.refuses("before"));
  authority.revoke({revoke_session("after")}, true);
  ASSERT_TRUE(until([&] { return bottom.refuses("after"); }));
  EXPECT_LT(bottom.follower()->staleness(clock.now()), 10 * kHeartbeat);
  for (const auto& node : nodes) {
    ASSERT_TRUE(until([&] { return told(node->name, authority.position()); })) << node->name;
  }
}

TEST_F(TreeTest, BatchesAreServedByteForByte) {
  for (const char* session : {"a", "b", "c"}) authority.revoke({revoke_session(session)});
  grow();
  Node& lower = grow();
  ASSERT_TRUE(all_ready());
  authority.revoke({revoke_session("d")});
  ASSERT_TRUE(until([&] { return lower.refuses("d"); }));
  EXPECT_TRUE(comes_to(lower, "/v1/feed?after=0.0&wait=0s", [&](const Answer& answer) {
    return std::ranges::all_of(authority.log(), [&](const feed::Sealed& batch) {
      return answer.body.find(batch.jws) != std::string::npos;
    });
  })) << "what came before its own start was fetched again";
}

TEST_F(TreeTest, BelowAnAgentThatHasEndedAllGrowStaleAndRecoverWhenItIsBack) {
  for (int depth = 0; depth < 3; ++depth) grow();
  ASSERT_TRUE(all_ready());
  const std::uint16_t port = nodes[1]->port();
  const std::uint16_t upstream = nodes[0]->port();
  nodes[1].reset();
  authority.revoke({revoke_session("meanwhile")});
  ASSERT_TRUE(
      until([&] { return nodes[2]->follower()->staleness(clock.now()) > Milliseconds(1'500); }));
  EXPECT_FALSE(nodes[2]->refuses("meanwhile"));
  EXPECT_LT(nodes[0]->follower()->staleness(clock.now()), Milliseconds(1'000));
  nodes[1] = std::make_unique<Node>(*this, "agent-2", upstream, port, ServedFeed::Options{});
  ASSERT_TRUE(until([&] {
    return nodes[2]->refuses("meanwhile") &&
           nodes[2]->follower()->staleness(clock.now()) < Milliseconds(500);
  }));
}

TEST_F(TreeTest, WhoIsFarBehindAnAgentGetsASnapshotThroughTheTree) {
  for (int depth = 0; depth < 3; ++depth) grow();
  ASSERT_TRUE(all_ready());
  const Node& bottom = *nodes[2];
  const std::uint64_t snapshots = bottom.follower()->counters().snapshots;
  const std::uint16_t port = nodes[1]->port();
  nodes[1].reset();
  for (int i = 0; i < 40; ++i) authority.revoke({revoke_session("s" + std::to_string(i))});
  authority.keep_tail(3);
  ServedFeed::Options forgetful;
  forgetful.fill_back = 0;
  nodes[1] = std::make_unique<Node>(*this, "agent-2", nodes[0]->port(), port, forgetful);
  ASSERT_TRUE(until([&] { return bottom.refuses("s39") && bottom.refuses("s0"); }));
  EXPECT_GT(bottom.follower()->counters().snapshots, snapshots);
  authority.revoke({revoke_session("last")});
  EXPECT_TRUE(until([&] { return bottom.refuses("last"); }));
}

TEST_F(TreeTest, AnAgentThatWasCutOffForLongTakesASnapshotAndThoseBelowItToo) {
  for (int depth = 0; depth < 2; ++depth) grow();
  ASSERT_TRUE(all_ready());
  const std::uint16_t port = http->port();
  http.reset();
  for (int i = 0; i < 20; ++i) authority.revoke({revoke_session("s" + std::to_string(i))});
  authority.keep_tail(2);
  open_authority(port);
  ASSERT_TRUE(until([&] { return nodes[0]->refuses("s0") && nodes[1]->refuses("s0"); }));
  authority.revoke({revoke_session("last")});
  ASSERT_TRUE(until([&] { return nodes[1]->refuses("last"); }));
  EXPECT_TRUE(
      until([&] { return nodes[1]->follower()->staleness(clock.now()) < Milliseconds(500); }));
}

TEST_F(TreeTest, AProofOfALostHistoryReachesTheAuthorityFromTheBottom) {
  for (int depth = 0; depth < 3; ++depth) grow();
  ASSERT_TRUE(all_ready());
  const feed::AuthorityForTest backup = authority;
  authority.revoke({revoke_session("lost")});
  ASSERT_TRUE(until([&] { return nodes[2]->refuses("lost"); }));
  const WallTime now = authority.now;
  authority = backup;
  authority.now = now;
  authority.begin_term(2000);
  open_authority(http->port());
  for (const auto& node : nodes) {
    ASSERT_TRUE(until([&] { return proven_by(node->name); })) << node->name;
  }
  ASSERT_TRUE(until([&] { return nodes[2]->follower()->position() == authority.position(); }));
  EXPECT_TRUE(nodes[2]->refuses("lost")) << "nothing is dropped";
  authority.revoke({revoke_session("new")});
  EXPECT_TRUE(until([&] { return nodes[2]->refuses("new"); }));
}

TEST_F(TreeTest, OnlyItsClientsMayFollowButItsKeysAreForEverybody) {
  Node& node = grow();
  ASSERT_TRUE(all_ready());
  for (const char* path : {"/v1/feed?wait=0s", "/v1/feed/snapshot", "/v1/feed/segments/00"}) {
    EXPECT_EQ(get(node, path, "").status, 401) << path;
    EXPECT_EQ(get(node, path, "wrong").status, 401) << path;
    EXPECT_NE(get(node, path).status, 401) << path;
  }
  const Answer keys = get(node, "/v1/feed/keys", "");
  EXPECT_EQ(keys.status, 200);
  EXPECT_EQ(keys.body, "{\"keys\":[" + authority.key()->public_key().public_jwk() + "]}");
}

TEST_F(TreeTest, ServesNothingBeforeItKnowsTheFeedsKeys) {
  away = true;
  Node& node = grow();
  EXPECT_EQ(get(node, "/v1/feed?wait=0s").status, 503);
  EXPECT_EQ(get(node, "/v1/feed/keys").status, 503);
  away = false;
  EXPECT_TRUE(
      comes_to(node, "/v1/feed/keys", [](const Answer& answer) { return answer.status == 200; }));
}

TEST_F(TreeTest, AnAgentThatHearsNothingGivesOutNoHeartbeat) {
  Node& node = grow();
  ASSERT_TRUE(all_ready());
  const auto has_heartbeat = [](const Answer& answer) {
    return answer.body.find("\"heartbeat\"") != std::string::npos;
  };
  ASSERT_TRUE(comes_to(node, "/v1/feed?wait=0s", has_heartbeat));
  http.reset();
  EXPECT_TRUE(comes_to(node, "/v1/feed?wait=0s", std::not_fn(has_heartbeat)));
  // Who starts below it now hears nothing that could pass for fresh.
  Node& below = grow();
  ASSERT_TRUE(until([&] { return below.follower() != nullptr; }));
  pass(Milliseconds(2'000));
  EXPECT_FALSE(below.ready());
}

TEST_F(TreeTest, PassesOnTheFeedsNextKey) {
  grow();
  Node& lower = grow();
  ASSERT_TRUE(all_ready());
  authority.change_key(feed::test_key(1));
  open_authority(http->port());
  authority.revoke({revoke_session("under the new key")});
  ASSERT_TRUE(until([&] { return lower.refuses("under the new key"); }));
  EXPECT_NE(get(lower, "/v1/feed/keys").body.find(feed::test_key(1)->public_key().public_jwk()),
            std::string::npos);
}

}  // namespace
}  // namespace rescind::agent
