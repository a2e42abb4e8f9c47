#include "transport/ws.h"

#include <gtest/gtest.h>

#include "feed/follower_for_test.h"
#include "feed/publisher.h"
#include "net/websocket.h"
#include "net/websocket_handshake.h"
#include "transport/limits.h"
#include "transport/poll_messages.h"
#include "transport/poll_origin.h"
#include "transport/poll_road_testing.h"
#include "transport/road_reports.h"

namespace rescind::transport {
namespace {

feed::Report report_of(std::uint64_t number) {
  return {.follower = "gw-1", .applied = at(number), .hash = {}, .policy = "refuse 30000"};
}

struct Followed : RoadWorld {
  explicit Followed(const std::string& url) : Followed(access(url)) {}
  explicit Followed(FeedAccess feed_access) {
    auto opened = WsRoad::open(loop, std::move(feed_access), random, log);
    CHECK(opened);
    road = *std::move(opened);
    follower.follow(*road);
  }
  // What becomes of a receipt, as a code; "taken".
  std::string outcome(const feed::Report& report = report_of(1)) {
    std::optional<Result<void>> answer;
    const bool carried =
        road->report(report, [&](Result<void> result) { answer = std::move(result); });
    if (!carried) return "not carried";
    EXPECT_FALSE(answer) << "within the call";
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    return *answer ? "taken" : answer->error().message;
  }

  std::unique_ptr<WsRoad> road;
  TestFollower follower;
};

TEST(WsRoad, AnswersPingsSoThatItLives) {
  TestServer server;
  Followed followed(server.url("ws"));
  ASSERT_TRUE(followed.until([&] { return followed.follower.connected(); }));
  for (int i = 0; i < 100; ++i) {
    const std::string pulse = "pulse-" + std::to_string(i);
    server.publish_heartbeat(pulse);
    ASSERT_TRUE(followed.until([&] { return followed.follower.heard(pulse); }));
  }
  EXPECT_EQ(server.counters().cut_off, 0U);
  EXPECT_EQ(followed.follower.states, std::vector<bool>{true});
}

TEST(WsRoad, CarriesReceiptsUpWhileItIsOpen) {
  std::vector<feed::Report> received;
  FeedServer::Options options;
  options.receive = [&](feed::Report report, const FeedServer::Done& done) {
    received.push_back(std::move(report));
    done(received.size() == 1 ? Result<void>() : fail(ErrorCode::kConflict, "another history"));
  };
  TestServer server(options);
  Followed followed(server.url("ws"));
  EXPECT_EQ(followed.outcome(), "not carried") << "before it is open";
  ASSERT_TRUE(followed.until([&] { return followed.follower.connected(); }));
  EXPECT_EQ(followed.outcome(), "taken");
  EXPECT_NE(followed.outcome().find("409"), std::string::npos);
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].applied, at(1));
  followed.follower.subscription.reset();
  EXPECT_EQ(followed.outcome(), "not carried") << "after its end";
}

TEST(WsRoad, CarriesOneReceiptAtATimeAndSaysWhereItWasLost) {
  FeedServer::Options options;
  options.receive = [](const feed::Report&, const FeedServer::Done&) {};  // never answers
  TestServer server(options);
  Followed followed(server.url("ws"));
  ASSERT_TRUE(followed.until([&] { return followed.follower.connected(); }));
  std::optional<Result<void>> answer;
  ASSERT_TRUE(followed.road->report(report_of(1), [&](Result<void> result) { answer = result; }));
  EXPECT_EQ(followed.outcome(), "not carried") << "one is under way";
  server.loop().call([&] { server.feed().close(); });
  ASSERT_TRUE(followed.until([&] { return answer.has_value(); }));
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::kUnavailable);
}

TEST(WsRoad, WaitsSoLongForAnAnswerAndTakesALateOneForNoOther) {
  Mutex mutex;
  std::vector<FeedServer::Done> unanswered;
  FeedServer::Options options;
  options.receive = [&](const feed::Report&, const FeedServer::Done& done) {
    const MutexLock lock(mutex);
    unanswered.push_back(done);
  };
  const auto answer_next = [&](const Result<void>& with) {
    const MutexLock lock(mutex);
    if (unanswered.empty()) return false;
    std::exchange(unanswered, {}).front()(with);
    return true;
  };
  TestServer server(options);
  FeedAccess access = RoadWorld::access(server.url("ws"));
  access.heartbeat = Milliseconds(60'000);  // silence does not end the socket
  access.receipt_timeout = Milliseconds(20);
  Followed followed(access);
  ASSERT_TRUE(followed.until([&] { return followed.follower.connected(); }));
  EXPECT_EQ(followed.outcome(), "no answer to a receipt in time");
  EXPECT_EQ(followed.outcome(), "not carried") << "its answer may come yet";
  std::optional<Result<void>> answer;
  ASSERT_TRUE(followed.until([&] { return answer_next({}); }));
  ASSERT_TRUE(followed.until([&] {
    return followed.road->report(report_of(2), [&](Result<void> got) { answer = got; });
  }));
  ASSERT_TRUE(followed.until([&] { return answer.has_value(); }));
  ASSERT_FALSE(*answer) << "the first one's answer is not the second one's";
  EXPECT_EQ(answer->error().code, ErrorCode::kTimeout);
  EXPECT_EQ(followed.follower.states, std::vector<bool>{true}) << "still the same socket";
}

TEST(WsRoad, LeavesAProofThatIsTooLongForASocketToTheOrigin) {
  std::vector<std::size_t> proofs;
  FeedServer::Options options;
  options.receive = [&](const feed::Report& report, const FeedServer::Done& done) {
    proofs.push_back(report.proof->size());
    done({});
  };
  TestServer server(options);
  Followed followed(server.url("ws"));
  ASSERT_TRUE(followed.until([&] { return followed.follower.connected(); }));
  feed::Report report = report_of(1);
  report.proof = "A";
  const std::size_t others = encode_report(report).size() - 1;
  report.proof = std::string(kMaxSocketReportBytes - others, 'A');
  EXPECT_EQ(followed.outcome(report), "taken");
  EXPECT_EQ(proofs, std::vector<std::size_t>{report.proof->size()});
  *report.proof += 'A';
  EXPECT_EQ(followed.outcome(report), "not carried");
}

// A server that says what a test wants it to say behind a good handshake.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> scripts) : scripts_(std::move(scripts)) {
    auto opened = net::Server::open(
        {&loop_.loop()}, {.stream_bytes = 2 * net::kMaxWebSocketBytes},
        [this](const net::Request& request, net::Responder responder) {
          const std::string bytes = scripts_[std::min(asked_++, scripts_.size() - 1)];
          streams_.push_back(
              responder.upgrade(net::answer_websocket(request),
                                [this](net::Stream&, std::string_view in) { came_.append(in); }));
          streams_.back()->send(std::make_shared<const std::string>(bytes));
        });
    CHECK(opened);
    http_ = *std::move(opened);
  }
  ~ScriptedServer() {
    loop_->call([this] { streams_.clear(); });
    http_.reset();
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(http_->port()) + "/v1/feed"; }
  // The codes of the closes that came up.
  std::vector<std::uint16_t> codes() {
    std::vector<std::uint16_t> codes;
    loop_->call([&] {
      net::WebSocketDecoder decoder(net::WebSocketDecoder::End::kServer);
      (void)decoder.feed(came_, [&](const net::WebSocketMessage& message) {
        if (message.code) codes.push_back(*message.code);
      });
    });
    return codes;
  }

 private:
  std::vector<std::string> scripts_;
  std::size_t asked_ = 0;
  std::string came_;
  std::vector<std::shared_ptr<net::Stream>> streams_;
  net::LoopThread loop_;
  std::unique_ptr<net::Server> http_;
};

std::string text(std::string_view word) {
  std::string frame;
  net::append_text(frame, word);
  return frame;
}

TEST(WsRoad, TakesNothingBehindADamagedFrameAndComesBack) {
  std::string masked;
  net::append_text(masked, "jws-2.", net::MaskKey{1, 2, 3, 4});
  std::string huge;
  net::append_text(huge, std::string(net::kMaxWebSocketBytes + 1, 'x'));
  const std::pair<std::string, std::uint16_t> damages[] = {{std::string("\xC1\x01x", 3), 1002},
                                                           {masked, 1002},
                                                           {std::string("\x82\x01x", 3), 1003},
                                                           {text("\xC3"), 1007},
                                                           {huge.substr(0, 20), 1009}};
  for (const auto& [damage, code] : damages) {
    ScriptedServer server({text("jws-1.") + damage + text("jws-3."), text("jws-4.")});
    Followed followed(server.url());
    ASSERT_TRUE(followed.until([&] { return followed.follower.heard("jws-4."); }));
    EXPECT_EQ(followed.follower.words, (std::vector<std::string>{"jws-1.", "jws-4."}));
    EXPECT_EQ(followed.follower.states, (std::vector<bool>{true, false, true}));
    EXPECT_EQ(server.codes(), std::vector<std::uint16_t>{code});
  }
}

TEST(WsRoad, TakesTheLargestMessage) {
  const std::string largest(net::kMaxWebSocketBytes, 'x');
  ScriptedServer server({text(largest)});
  Followed followed(server.url());
  ASSERT_TRUE(followed.until([&] { return !followed.follower.words.empty(); }));
  EXPECT_TRUE(followed.follower.words[0] == largest);
}

TEST(WsRoad, ComesBackAfterACloseAndAHalfOpenSocket) {
  std::string close;
  net::append_close(close, net::CloseCode::kGoingAway, "bye");
  // The third falls silent in the middle of a frame.
  ScriptedServer server({text("jws-1.") + close, text("jws-2.") + "\x81\x7E", text("jws-3.")});
  Followed followed(server.url());
  ASSERT_TRUE(followed.until([&] { return followed.follower.heard("jws-3."); }));
  EXPECT_EQ(followed.follower.words, words_from_to(1, 3));
  EXPECT_EQ(followed.follower.states, (std::vector<bool>{true, false, true, false, true}));
}

TEST(WsRoad, IgnoresAnswersToReceiptsThatItDidNotSend) {
  ScriptedServer server({text(R"({"status":204})") + text("{") + text("jws-1.")});
  Followed followed(server.url());
  ASSERT_TRUE(followed.until([&] { return followed.follower.heard("jws-1."); }));
  EXPECT_EQ(followed.follower.words, words_from_to(1, 1));
}

TEST(WsRoad, TakesNothingWhereNoWebSocketIsOpened) {
  net::LoopThread server_loop;
  for (const int status : {200, 204, 401, 404, 426, 502}) {
    const auto server = net::Server::open(
        {&server_loop.loop()}, {}, [status](const net::Request&, net::Responder responder) {
          responder.respond({.status = status, .body = text("forged")});
        });
    ASSERT_TRUE(server);
    Followed followed("ws://127.0.0.1:" + std::to_string((*server)->port()) + "/v1/feed");
    ASSERT_TRUE(followed.until([&] { return !followed.follower.states.empty(); }));
    EXPECT_EQ(followed.follower.states, std::vector<bool>{false});
    EXPECT_TRUE(followed.follower.words.empty());
  }
}

// The whole road: a log, its publisher and feed server, a socket, a follower and its index, whose
// receipts go up the socket, and the origin behind.
TEST(WsFollower, FollowsAndReportsOverOneSocket) {
  RoadWorld world;
  feed::AuthorityForTest authority;
  std::vector<feed::Report> receipts;
  FeedServer::Options options;
  options.heartbeat = [&]() -> Result<std::string> { return authority.heartbeat(); };
  options.receive = [&](feed::Report report, const FeedServer::Done& done) {
    receipts.push_back(std::move(report));
    done({});
  };
  FeedServer server(world.loop, authority, std::move(options));
  std::size_t posts = 0;
  const auto http = net::Server::open(
      {&world.loop}, {},
      [&, inner = server.handler()](const net::Request& request, net::Responder responder) {
        if (request.method == net::Method::kPost) ++posts;
        inner(request, std::move(responder));
      });
  ASSERT_TRUE(http);
  feed::Publisher publisher({.issuer = std::string(feed::kTestIssuer), .feed = "default"},
                            authority, server, authority.key(), world.random, world.log);
  for (int i = 0; i < 50; ++i) {
    authority.revoke({feed::revoke_session("old-" + std::to_string(i))});
  }
  authority.keep_tail(5);

  FeedAccess access =
      RoadWorld::access("ws://127.0.0.1:" + std::to_string((*http)->port()) + "/v1/feed");
  access.heartbeat = Milliseconds(10'000);  // by this world's clock they come slowly
  std::vector<std::unique_ptr<feed::Road>> roads;
  roads.push_back(*WsRoad::open(world.loop, access, world.random, world.log));
  RoadReports origin(*PollOrigin::open(world.loop, access, world.random, world.log), roads);
  feed::FollowerForTest test(origin, nullptr, authority.now);
  bool connected = false;
  const auto subscription =
      roads[0]->subscribe([&] { return test.follower.position(); },
                          {.on_word = [&](std::string_view jws) { test.hear(jws); },
                           .on_state = [&](bool open) { connected = open; }});
  const auto until = [&](const std::function<bool()>& done) {
    return world.until([&] {
      test.clock.advance(Milliseconds(1));
      authority.now += Milliseconds(1);
      publisher.step(test.clock.now());
      test.follower.step(test.clock.now());
      return done();
    });
  };
  ASSERT_TRUE(until([&] { return test.follower.ready(); }));
  EXPECT_EQ(test.counters().snapshots, 1U) << "from the origin of the same server";
  // Up to the first receipt behind the opening of the socket, one may be on its way by POST.
  const auto has_reported = [&](const std::string& session) {
    authority.revoke({feed::revoke_session(session)});
    return until([&] { return test.refuses(feed::revoke_session(session)); }) && until([&] {
             return !receipts.empty() && receipts.back().applied == authority.position();
           });
  };
  ASSERT_TRUE(until([&] { return connected; }));
  ASSERT_TRUE(has_reported("first"));
  posts = 0;
  ASSERT_TRUE(has_reported("new"));
  EXPECT_EQ(posts, 0U) << "it had a socket to say it on";

  server.close();  // and it comes back
  authority.revoke({feed::revoke_session("later")});
  ASSERT_TRUE(until([&] { return test.refuses(feed::revoke_session("later")); }));
}

}  // namespace
}  // namespace rescind::transport
