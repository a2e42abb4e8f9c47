#include "authority/refresher.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "authority/authority_for_test.h"

namespace rescind::authority {
namespace {

class RefresherTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  void restart_with_grace(Milliseconds grace) {
    stop();
    options.reuse_grace = grace;
    start();
  }
  std::vector<Answer> refresh_at_once(const std::string& token, int clients) {
    std::vector<net::FetchRequest> requests;
    for (int i = 0; i < clients; ++i) {
      requests.push_back(
          json_request(url("/v1/refresh-token"), R"({"refresh_token":")" + token + R"("})"));
    }
    return send_all(std::move(requests));
  }
  std::string session_state(const std::string& subject) {
    const Answer answer = get("/v1/sessions?subject=" + subject, as("admin"));
    const auto sessions = answer.json().find("sessions");
    return std::string(sessions->first()->find("state")->string().value_or(""));
  }
  const Counters& counters() { return authority_->counters(); }
};

TEST_F(RefresherTest, RotatesATokenAtEachUse) {
  Tokens tokens = open_session("u");
  std::set<std::string> seen{tokens.refresh};
  for (int i = 0; i < 5; ++i) {
    clock.advance(std::chrono::minutes(10));
    const Answer answer = refresh(tokens.refresh);
    ASSERT_EQ(answer.status(), 200) << answer.body();
    EXPECT_EQ(answer.text("session_id"), tokens.session);
    tokens = tokens_of(answer);
    EXPECT_TRUE(seen.insert(tokens.refresh).second);
    EXPECT_TRUE(is_active(tokens.access));
  }
  EXPECT_EQ(counters().refreshes_rotated.value(), 5U);
}

// D26: of 100 that present the same token at once exactly one wins; the others end the family.
TEST_F(RefresherTest, HasExactlyOneWinnerOfAHundred) {
  restart_with_grace(Milliseconds(0));
  const bool is_long = std::getenv("RESCIND_LONG") != nullptr;
  const int rounds = is_long ? 1000 : 100;
  for (int round = 0; round < rounds; ++round) {
    const std::string subject = "u" + std::to_string(round);
    const Tokens tokens = open_session(subject);
    int won = 0, refused = 0;
    std::string access;
    for (const Answer& answer : refresh_at_once(tokens.refresh, 100)) {
      won += answer.status() == 200 ? 1 : 0;
      refused += answer.status() == 401 ? 1 : 0;
      if (answer.status() == 200) access = answer.text("access_token");
    }
    ASSERT_EQ(won, 1) << "round " << round;
    ASSERT_EQ(refused, 99) << "round " << round;
    ASSERT_EQ(session_state(subject), "compromised");
    ASSERT_FALSE(is_active(access));
  }
  EXPECT_EQ(counters().refreshes_reused.value(), static_cast<std::uint64_t>(rounds));
}

TEST_F(RefresherTest, GivesAllThatAskAtOnceWithinTheGraceTheSameSuccessor) {
  const Tokens tokens = open_session("u");
  std::set<std::string> successors, access;
  for (const Answer& answer : refresh_at_once(tokens.refresh, 50)) {
    ASSERT_EQ(answer.status(), 200) << answer.body();
    successors.insert(answer.text("refresh_token"));
    access.insert(answer.text("access_token"));
  }
  EXPECT_EQ(successors.size(), 1U);
  EXPECT_EQ(access.size(), 50U) << "each with an access token of its own";
  EXPECT_EQ(counters().refreshes_rotated.value(), 1U);
  EXPECT_EQ(counters().refreshes_repeated.value(), 49U);
  EXPECT_EQ(refresh(*successors.begin()).status(), 200);
}

// D30: the answer was lost; the same successor, byte for byte, even from another process.
TEST_F(RefresherTest, RepeatsALostAnswerWithinTheGraceEvenAfterARestart) {
  const Tokens tokens = open_session("u");
  const std::string successor = refresh(tokens.refresh).text("refresh_token");
  stop();
  clock.advance(options.reuse_grace);
  start();
  const Answer again = refresh(tokens.refresh);
  ASSERT_EQ(again.status(), 200) << again.body();
  EXPECT_EQ(again.text("refresh_token"), successor);
  EXPECT_TRUE(is_active(again.text("access_token")));
}

// D27 and D30, after the grace.
TEST_F(RefresherTest, EndsTheFamilyWhenATokenIsUsedTwice) {
  const Tokens first = open_session("u");
  const Tokens second = tokens_of(refresh(first.refresh));
  clock.advance(options.reuse_grace + Milliseconds(1));
  const std::size_t recorded = revocations_recorded();
  const Answer reused = refresh(first.refresh);
  EXPECT_EQ(reused.status(), 401);
  EXPECT_FALSE(is_active(first.access));
  EXPECT_FALSE(is_active(second.access));
  EXPECT_EQ(refresh(second.refresh).status(), 401);
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_EQ(revocations_recorded(), recorded + 1) << "one event";
  EXPECT_EQ(session_state("u"), "compromised");
  EXPECT_TRUE(is_active(open_session("u").access)) << "signing in again is another session";
}

// D28: state is in the store, never in what a process remembers.
TEST_F(RefresherTest, FindsOutReuseAfterARestart) {
  const Tokens first = open_session("u");
  const Tokens second = tokens_of(refresh(first.refresh));
  stop();
  clock.advance(std::chrono::minutes(1));
  start();
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_FALSE(is_active(second.access));
}

TEST_F(RefresherTest, HonoursTheImmediateParentAlone) {
  const Tokens first = open_session("u");
  const Tokens second = tokens_of(refresh(first.refresh));
  const Tokens third = tokens_of(refresh(second.refresh));
  ASSERT_TRUE(is_active(third.access));
  EXPECT_EQ(refresh(second.refresh).text("refresh_token"), third.refresh);
  EXPECT_EQ(refresh(first.refresh).status(), 401) << "its successor has been used";
  EXPECT_FALSE(is_active(third.access));
}

TEST_F(RefresherTest, IsStrictWithoutAGrace) {
  restart_with_grace(Milliseconds(0));
  const Tokens first = open_session("u");
  ASSERT_EQ(refresh(first.refresh).status(), 200);
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_EQ(session_state("u"), "compromised");
}

// D29: a blip of the database signs nobody out.
TEST_F(RefresherTest, LeavesNoTraceOfAFailedTransaction) {
  restart_with_grace(Milliseconds(0));
  const Tokens tokens = open_session("u");
  const std::size_t recorded = revocations_recorded();
  for (int i = 0; i < 5; ++i) {
    fail_commits(1);
    const Answer answer = refresh(tokens.refresh);
    EXPECT_EQ(answer.status(), 503);
    EXPECT_NE(answer.header("Retry-After"), "");
  }
  EXPECT_EQ(revocations_recorded(), recorded);
  EXPECT_EQ(refresh(tokens.refresh).status(), 200) << "the old token still rotates, once";
  EXPECT_EQ(refresh(tokens.refresh).status(), 401);
}

TEST_F(RefresherTest, IsBoundToTheClientThatSignedIn) {
  add_account("ann");
  const Answer answer =
      post("/v1/login", R"({"username":"ann","password":"correct horse"})", as("app"));
  const Tokens tokens = tokens_of(answer);
  EXPECT_EQ(refresh(tokens.refresh).status(), 401) << "the public client's";
  EXPECT_EQ(refresh(tokens.refresh, R"(,"client_id":"app")").status(), 401) << "without its secret";
  EXPECT_TRUE(is_active(tokens.access)) << "nothing was ended";
  EXPECT_EQ(post("/v1/refresh-token", R"({"refresh_token":")" + tokens.refresh + R"("})", as("app"))
                .status(),
            200);
}

TEST_F(RefresherTest, NarrowsTheScopeButNeverWidensIt) {
  const Tokens tokens = open_session("u", R"(,"scope":"read write")");
  const Answer narrowed = refresh(tokens.refresh, R"(,"scope":"read")");
  ASSERT_EQ(narrowed.status(), 200);
  EXPECT_EQ(narrowed.text("scope"), "read");
  const std::string next = narrowed.text("refresh_token");
  EXPECT_EQ(refresh(next, R"(,"scope":"read admin")").status(), 400);
  EXPECT_EQ(refresh(next).text("scope"), "read write") << "the grant is what it was";
}

TEST_F(RefresherTest, EndsWithTheSession) {
  Tokens tokens = open_session("u");
  clock.advance(options.refresh_ttl - std::chrono::minutes(5));
  const Answer last = refresh(tokens.refresh);
  ASSERT_EQ(last.status(), 200) << last.body();
  EXPECT_EQ(last.json().find("expires_in")->integer(), 300) << "no longer than its session";
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(refresh(last.text("refresh_token")).status(), 401);
}

TEST_F(RefresherTest, IsRefusedWhenACutHitsTheSignInOfItsSession) {
  const struct {
    const char* body;
  } cuts[] = {
      {R"({"claim":"sub","value":"u"})"},
      {R"({"claim":"client_id","value":"first-party"})"},
      {R"({"claim":"iss"})"},
  };
  for (const auto& c : cuts) {
    const Tokens tokens = open_session("u");
    const Tokens later = tokens_of(refresh(tokens.refresh));
    ASSERT_EQ(post("/v1/revocations", c.body, as("security")).status(), 201) << c.body;
    EXPECT_EQ(refresh(later.refresh).status(), 401) << c.body;
    EXPECT_FALSE(is_active(later.access)) << c.body;
    EXPECT_TRUE(is_active(open_session("u").access)) << c.body;
  }
}

TEST_F(RefresherTest, IsRefusedWhenACutHitsADeclaredClaim) {
  stop();
  options.revocable_claims = {"email"};
  start();
  const Tokens hit = open_session("u", R"(,"email":"a@example.com")");
  const Tokens spared = open_session("v", R"(,"email":"b@example.com")");
  ASSERT_EQ(post("/v1/revocations", R"({"claim":"email","value":"a@example.com"})", as("security"))
                .status(),
            201);
  EXPECT_EQ(refresh(hit.refresh).status(), 401);
  EXPECT_FALSE(is_active(hit.access));
  EXPECT_EQ(refresh(spared.refresh).status(), 200);
}

TEST_F(RefresherTest, RefusesWhatIsNoRefreshToken) {
  const Tokens tokens = open_session("u");
  const std::string unknown = "rsr_" + std::string(43, 'A');
  for (const std::string& token : {unknown, tokens.access, std::string("rsr_x")}) {
    EXPECT_NE(refresh(token).status(), 200) << token;
  }
  EXPECT_EQ(post("/v1/refresh-token", "{}").status(), 400);
  EXPECT_EQ(post("/v1/refresh-token", R"({"refresh_token":""})").status(), 400);
  EXPECT_EQ(refresh(tokens.refresh).status(), 200);
}

// D33: a browser's page of another origin can neither rotate nor sign anybody in or out.
TEST_F(RefresherTest, TakesTheCookieFromOwnPagesAlone) {
  add_account("ann");
  const Headers own{{"Origin", "https://auth.example"}, {"X-Rescind-Request", "1"}};
  const std::string credentials = R"({"username":"ann","password":"correct horse","cookie":true})";
  EXPECT_EQ(post("/v1/login", credentials).status(), 403);
  const Answer answer = post("/v1/login", credentials, own);
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(answer.text("refresh_token"), "") << "out of reach of scripts";
  const std::string set = answer.header("Set-Cookie");
  const std::string cookie = set.substr(0, set.find(';'));

  const Headers bad[] = {
      {},
      {{"Origin", "https://auth.example"}},
      {{"Origin", "https://evil.example"}, {"X-Rescind-Request", "1"}},
      {{"Origin", "null"}, {"X-Rescind-Request", "1"}},
      {{"Origin", "https://auth.example"},
       {"X-Rescind-Request", "1"},
       {"Sec-Fetch-Site", "cross-site"}},
  };
  for (const Headers& headers : bad) {
    EXPECT_EQ(post("/v1/refresh-token", "", also(headers, "Cookie", cookie)).status(), 403);
    EXPECT_EQ(post("/v1/logout", "", also(headers, "Cookie", cookie)).status(), 403);
  }
  EXPECT_EQ(counters().refreshes_rotated.value(), 0U);
  const Answer rotated = post("/v1/refresh-token", "", also(own, "Cookie", cookie));
  ASSERT_EQ(rotated.status(), 200) << rotated.body();
  const std::string next = rotated.header("Set-Cookie");
  EXPECT_NE(next.substr(0, next.find(';')), cookie);

  const Answer out = post("/v1/logout", "", also(own, "Cookie", next.substr(0, next.find(';'))));
  EXPECT_EQ(out.status(), 200);
  EXPECT_THAT(out.header("Set-Cookie"), testing::HasSubstr("Max-Age=0"));
  EXPECT_FALSE(is_active(rotated.text("access_token")));
}

}  // namespace
}  // namespace rescind::authority
