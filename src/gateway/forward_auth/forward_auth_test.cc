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

class ReadingOnesOwnRevocations : public ForwardAuthentication {
 protected:
  ReadingOnesOwnRevocations() { wait({}); }

  void wait(const verifier::Options& options, strategy::RevocationSource* source = nullptr) {
    rebuild(options, source);
    reach({7, 10});
    auth->wait_for_positions(Milliseconds(250), [this] { return signed_head; }, [] {});
  }
  void reach(revocation::Position position) {
    signed_head = std::max(signed_head, position);
    world.state.position = position;
    world.index->set_state(world.state);
  }
  // Asks, lets `meanwhile` happen once the request waits, and steps.
  net::Response ask_behind(const std::string& position, std::function<void()> meanwhile = {}) {
    std::function<void()> look = [&] {
      if (!auth->anybody_waits()) {
        loop.after(Milliseconds(1), look);
        return;
      }
      if (meanwhile) meanwhile();
      auth->step(clock.now());
    };
    loop.after(Milliseconds(1), look);
    return ask({{"Authorization", "Bearer " + world.token()}, {"Revocation-Position", position}});
  }
  void time_passes() { clock.advance(Milliseconds(250)); }

  revocation::Position signed_head;
};

TEST_F(ReadingOnesOwnRevocations, AnswerAtOnceWhatHasBeenReachedOrIsNoPosition) {
  for (const char* position : {"7.10", "7.9", "6.99", "0.0", "nonsense", ""}) {
    EXPECT_EQ(ask({{"Authorization", "Bearer " + world.token()}, {"Revocation-Position", position}})
                  .status,
              200)
        << position;
  }
  EXPECT_EQ(auth->counters().waited, 0U);
}

TEST_F(ReadingOnesOwnRevocations, WaitUntilThePositionHasCome) {
  const net::Response refused = ask_behind("7.11", [this] {
    world.revoke("sid", "s-1");
    reach({7, 11});
  });
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("X-Rescind-Reason"), "revoked");
  EXPECT_EQ(auth->counters().waited, 1U);
}

TEST_F(ReadingOnesOwnRevocations, IgnoreAPositionBeyondTheLastSignedHead) {
  for (const char* position : {"7.11", "8.1", "18446744073709551615.18446744073709551615"}) {
    EXPECT_EQ(ask_behind(position, [this] { time_passes(); }).status, 200) << position;
  }
}

TEST_F(ReadingOnesOwnRevocations, CannotDecideWhereASignedPositionDoesNotCome) {
  const auto signed_and_late = [this] {
    signed_head = {7, 12};
    time_passes();
  };
  EXPECT_EQ(ask_behind("7.11", signed_and_late).status, 503);
  EXPECT_EQ(ask_behind("7.13", [this] { time_passes(); }).status, 200);
  wait({.on_stale = verifier::OnStale::kAccept});
  const net::Response accepted = ask_behind("7.11", signed_and_late);
  EXPECT_EQ(accepted.status, 200);
  EXPECT_EQ(accepted.header("X-Rescind-Decision"), "stale");
}

TEST_F(ReadingOnesOwnRevocations, AskTheAuthorityWhereThatIsThePolicy) {
  struct Source final : strategy::RevocationSource {
    void ask(std::string_view, const verifier::Pending&, Then then) override {
      then(verifier::Answer::kInactive);
    }
  } source;
  wait({.on_stale = verifier::OnStale::kIntrospect}, &source);
  EXPECT_EQ(ask_behind("7.11",
                       [this] {
                         signed_head = {7, 11};
                         time_passes();
                       })
                .status,
            401);
}

TEST_F(ReadingOnesOwnRevocations, MakeNobodyWaitWhoseTokenIsNoGood) {
  const std::string forged = sign_compact(world.other_key, "at+jwt", TestWorld::payload());
  EXPECT_EQ(ask({{"Authorization", "Bearer " + forged}, {"Revocation-Position", "7.11"}}).status,
            401);
  world.revoke("sid", "s-1");
  EXPECT_EQ(
      ask({{"Authorization", "Bearer " + world.token()}, {"Revocation-Position", "7.11"}}).status,
      401);
  EXPECT_EQ(auth->counters().waited, 0U);
}

}  // namespace
}  // namespace rescind::gateway
