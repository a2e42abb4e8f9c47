#include "gateway/forward_auth/forward_auth.h"

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "verifier/test_world.h"

namespace rescind::gateway {
namespace {

using verifier::TestWorld;

// A real server with the handler, asked by a real client, over an index that the test writes.
class ForwardAuthentication : public ::testing::Test {
 protected:
  ForwardAuthentication() : clock(world.now) { rebuild({}); }

  void rebuild(const verifier::Options& options, strategy::RevocationSource* source = nullptr) {
    verifier = world.verifier(options);
    auth =
        std::make_unique<ForwardAuth>(*verifier, clock, IdentityHeaders(), AnswerOptions(), source);
    auth->on_unknown_key([this](std::string_view issuer) {
      ++unknown_keys;
      issuer_of_unknown_key = issuer;
    });
    server =
        *net::Server::open({&loop}, {}, [this](const net::Request& request, net::Responder to) {
          auth->handle(request, std::move(to));
        });
  }

  net::Response ask(net::HeaderList headers) {
    net::Client client(loop);
    net::FetchRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/authz/forward-auth";
    request.headers = std::move(headers);
    Result<net::Response> answer = fail(ErrorCode::kInternal, "no answer");
    client.fetch(std::move(request), [&](Result<net::Response> response) {
      answer = std::move(response);
      loop.stop();
    });
    loop.run();
    return answer.value();
  }
  net::Response ask_with(const std::string& token) {
    return ask({{"Authorization", "Bearer " + token}});
  }

  TestWorld world;
  ManualClock clock;
  net::Loop loop;
  std::unique_ptr<verifier::Verifier> verifier;
  std::unique_ptr<ForwardAuth> auth;
  std::unique_ptr<net::Server> server;
  int unknown_keys = 0;
  std::string issuer_of_unknown_key;
};

TEST_F(ForwardAuthentication, AnswersAGoodTokenWithItsIdentity) {
  const net::Response answer = ask_with(world.token());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("X-User-Id"), "u1");
  EXPECT_EQ(answer.header("X-Session-Id"), "s-1");
  EXPECT_EQ(answer.header("X-User-Email"), "");
  EXPECT_EQ(answer.header("X-Rescind-Decision"), "accept");
  EXPECT_EQ(auth->counters().accepted, 1U);
}

TEST_F(ForwardAuthentication, CountsFailedSignaturesByTheClientThatTheGatewayNames) {
  rebuild({.failed_signatures_per_second = 1, .failed_signatures_burst = 1});
  auth->set_source_header("X-Real-IP");
  std::string forged = world.token(R"(,"n":1)");
  forged[forged.rfind('.') + 1] = forged[forged.rfind('.') + 1] == 'A' ? 'B' : 'A';
  const std::string good = world.token();
  const auto ask_from = [&](const std::string& token, const std::string& address) {
    return ask({{"Authorization", "Bearer " + token}, {"X-Real-IP", address}}).status;
  };
  EXPECT_EQ(ask_from(forged, "192.0.2.1"), 401);
  EXPECT_EQ(ask_from(good, "192.0.2.1"), 401) << "its budget is spent";
  EXPECT_EQ(ask_from(good, "192.0.2.2"), 200);
  EXPECT_EQ(ask_from(good, "192.0.2.1"), 200) << "what is known goes on";
  EXPECT_EQ(verifier->counters().signatures, 2U);
}

TEST_F(ForwardAuthentication, RefusesTheNextRequestOnceTheIndexSaysSo) {
  ASSERT_EQ(ask_with(world.token()).status, 200);
  world.revoke("sid", "s-1", std::nullopt, revocation::Reason::kSignedOut);
  const net::Response answer = ask_with(world.token());
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("X-Rescind-Reason"), "signed_out");
  EXPECT_EQ(answer.header("X-User-Id"), "");
}

TEST_F(ForwardAuthentication, RefusesTwoCredentialsAndTheConnectionTrick) {
  const std::string bearer = "Bearer " + world.token();
  EXPECT_EQ(ask({{"Authorization", bearer}, {"Authorization", bearer}}).status, 400);
  EXPECT_EQ(ask({{"Authorization", bearer}, {"X-Original-Connection", "x_user_id"}}).status, 400);
  EXPECT_EQ(ask({{"Authorization", bearer}, {"X-Original-Connection", "close"}}).status, 200);
  EXPECT_EQ(ask({}).status, 401);
}

TEST_F(ForwardAuthentication, TellsOfAKeyThatItDoesNotKnow) {
  EXPECT_EQ(ask_with(sign_compact(world.other_key, "at+jwt", TestWorld::payload())).status, 401);
  EXPECT_EQ(unknown_keys, 1);
  EXPECT_EQ(issuer_of_unknown_key, TestWorld::kIssuer);
}

TEST_F(ForwardAuthentication, AsksWhileStaleAndBelievesOnlyAnAnswer) {
  verifier::Options options;
  options.on_stale = verifier::OnStale::kIntrospect;
  verifier::Answer said = verifier::Answer::kActive;
  std::string asked;
  struct Source final : strategy::RevocationSource {
    void ask(std::string_view token, const verifier::Pending& /*pending*/, Then then) override {
      *asked = token;
      loop->post([then = std::move(then), told = *said] { then(told); });
    }
    net::Loop* loop = nullptr;
    std::string* asked = nullptr;
    const verifier::Answer* said = nullptr;
  } source;
  source.loop = &loop;
  source.asked = &asked;
  source.said = &said;
  rebuild(options, &source);
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(ask_with(world.token()).status, 200);
  EXPECT_FALSE(asked.empty());
  said = verifier::Answer::kInactive;
  EXPECT_EQ(ask_with(world.token()).status, 401);
  said = verifier::Answer::kUnavailable;
  EXPECT_EQ(ask_with(world.token()).status, 503);
}

}  // namespace
}  // namespace rescind::gateway
