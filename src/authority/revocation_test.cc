// /v1/revocations and receipts, over HTTP.

#include <gmock/gmock.h>

#include <future>

#include "authority/authority_for_test.h"
#include "authority/limits.h"
#include "feed/batch.h"
#include "store/sqlite.h"
#include "store/store_log.h"

namespace rescind::authority {
namespace {

using testing::HasSubstr;

class RevocationTest : public AuthorityTest {
 protected:
  void SetUp() override { start(); }
  Answer revoke(const std::string& body, Headers headers = as("security")) {
    return post("/v1/revocations", body, std::move(headers));
  }
  static std::string of(const std::string& claim, const std::string& value,
                        const std::string& more = "") {
    return R"({"claim":")" + claim + R"(","value":")" + value + "\"" + more + "}";
  }
  static std::string list_of(std::size_t count) {
    std::string body = R"({"revocations":[)";
    for (std::size_t i = 0; i < count; ++i) {
      body += (i == 0 ? "" : ",") + of("sub", "user-" + std::to_string(i));
    }
    return body + "]}";
  }
  Answer record(const Answer& revoked) {
    return get("/v1/revocations/" + revoked.text("id"), as("security"));
  }

  // What a follower at the head of the log would say.
  feed::Report report(const std::string& name, const std::string& policy) {
    const auto key = open_feed_key(file("feed.pem"));
    store::StoreLog log({.issuer = options.issuer}, *store::open_sqlite({.path = file("store.db")}),
                        *key, clock, std::make_shared<store::SteadyTime>());
    const auto head = log.head();
    feed::Report report;
    report.follower = name;
    report.applied = head->position;
    report.hash = head->hash;
    report.policy = policy;
    return report;
  }
  Result<void> receive(feed::Report report) {
    std::promise<Result<void>> answer;
    authority_->receive(std::move(report), [&](Result<void> got) { answer.set_value(got); });
    return answer.get_future().get();
  }
};

TEST_F(RevocationTest, TakesEachKindOfTarget) {
  const Tokens by_session = open_session("a"), by_user = open_session("b"),
               by_client = open_session("c");
  const Answer session = revoke(of("sid", by_session.session, R"(,"note":"lost phone")"));
  ASSERT_EQ(session.status(), 201) << session.body();
  EXPECT_EQ(session.header("Location"), "/v1/revocations/" + session.text("id"));
  EXPECT_FALSE(is_active(by_session.access));
  EXPECT_EQ(refresh(by_session.refresh).status(), 401);
  EXPECT_TRUE(is_active(by_user.access));

  EXPECT_EQ(revoke(of("sub", "b")).status(), 201);
  EXPECT_FALSE(is_active(by_user.access));
  EXPECT_TRUE(is_active(by_client.access));
  EXPECT_EQ(revoke(of("client_id", "first-party")).status(), 201);
  EXPECT_FALSE(is_active(by_client.access));

  const Tokens by_token = open_session("d");
  EXPECT_EQ(revoke(R"({"token":")" + by_token.access + R"("})").status(), 201);
  EXPECT_FALSE(is_active(by_token.access));
  EXPECT_EQ(refresh(by_token.refresh).status(), 200) << "one token, not its session";
  const Tokens by_refresh = open_session("e");
  EXPECT_EQ(revoke(R"({"token":")" + by_refresh.refresh + R"("})").status(), 201);
  EXPECT_FALSE(is_active(by_refresh.access));

  const Tokens everybody = open_session("f");
  EXPECT_EQ(revoke(R"({"claim":"iss"})").status(), 201);
  EXPECT_FALSE(is_active(everybody.access));
  EXPECT_TRUE(is_active(open_session("f").access));
}

TEST_F(RevocationTest, RecordsWhatWasDoneByWhom) {
  const Tokens tokens = open_session("a");
  const Answer revoked =
      revoke(of("sid", tokens.session, R"(,"reason":"compromised","note":"lost phone")"));
  const Answer shown = record(revoked);
  ASSERT_EQ(shown.status(), 200) << shown.body();
  EXPECT_EQ(shown.text("position"), revoked.text("position"));
  EXPECT_EQ(shown.text("claim"), "sid");
  EXPECT_EQ(shown.text("value"), tokens.session);
  EXPECT_EQ(shown.text("reason"), "compromised");
  EXPECT_EQ(shown.text("actor"), "client:security");
  EXPECT_EQ(shown.text("note"), "lost phone");
  EXPECT_EQ(shown.text("at"), "2027-01-15T08:00:00.000Z");
  // Until its last token has expired everywhere: its exp and the greatest leeway.
  EXPECT_EQ(shown.json().find("until")->integer(), 1'800'000'960);
  EXPECT_EQ(shown.text("cut"), "");

  const Answer user = record(revoke(of("sub", "a")));
  EXPECT_EQ(user.text("cut"), user.text("position"));
  // The bound of our iats (a minute ahead), the longest lifetime, the greatest leeway.
  EXPECT_EQ(user.json().find("until")->integer(), 1'800'000'000 + 60 + 900 + 60);
  EXPECT_EQ(get("/v1/revocations/1.2.3", as("security")).status(), 404);
  EXPECT_EQ(get("/v1/revocations/x", as("security")).status(), 404);
}

TEST_F(RevocationTest, ListsByPages) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(revoke(of("sub", std::to_string(i))).status(), 201);
  std::string after;
  std::vector<std::string> seen;
  for (int page = 0; page < 4; ++page) {
    const Answer list =
        get("/v1/revocations?limit=2" + (after.empty() ? "" : "&after=" + after), as("security"));
    ASSERT_EQ(list.status(), 200) << list.body();
    const auto revocations = list.json().find("revocations");
    for (auto one = revocations->first(); one; one = one->next()) {
      seen.emplace_back(*one->find("value")->string());
    }
    after = list.text("next");
    if (after.empty()) break;
  }
  EXPECT_THAT(seen, testing::ElementsAre("4", "3", "2", "1", "0")) << "newest first";
  EXPECT_EQ(get("/v1/revocations?after=x", as("security")).status(), 400);
  EXPECT_EQ(get("/v1/revocations?limit=1001", as("security")).status(), 400);
  EXPECT_EQ(get("/v1/revocations?limit=1&limit=2", as("security")).status(), 400);
  EXPECT_EQ(get("/v1/revocations", as("resource")).status(), 403);
}

TEST_F(RevocationTest, TakesForeignTargetsByTheirIssuersRules) {
  const std::string foreign = R"({"issuer":"https://id.example",)";
  const Answer session = record(revoke(foreign + R"("claim":"session_id","value":"x"})"));
  EXPECT_EQ(session.text("claim"), "sid") << "whatever carries the session";
  EXPECT_EQ(session.json().find("until")->integer(), 1'800'000'000 + 86'400 + 120);
  const Answer tenant = record(revoke(foreign + R"("claim":"tenant","value":7})"));
  EXPECT_EQ(tenant.json().find("value")->integer(), 7);
  EXPECT_EQ(tenant.text("cut"), "0.1800000002000") << "now and the clock's skew";
  EXPECT_EQ(tenant.json().find("until")->integer(), 1'800'000'000 + 3600 + 120);
  const Answer past = record(revoke(foreign + R"("claim":"sub","value":"u","cut":1799999999000})"));
  EXPECT_EQ(past.text("cut"), "0.1799999999000");
}

TEST_F(RevocationTest, ChangesNothingForABadRequest) {
  const Tokens tokens = open_session("a");
  const std::string before = head();
  const struct {
    std::string body;
    int status;
  } cases[] = {
      {"", 400},
      {"{", 400},
      {"[]", 400},
      {"{}", 400},
      {of("sid", "x", R"(,"until":1)"), 400},
      {of("tenant", "x"), 400},
      {of("sub", std::string(600, 'x')), 400},
      {R"({"claim":"sub","value":9007199254740993})", 400},
      {R"({"claim":"sid","value":"x","cut":"1.1"})", 400},
      {R"({"claim":"iss","value":"https://other.example"})", 400},
      {R"({"issuer":"https://other.example","claim":"sub","value":"u"})", 400},
      {R"({"issuer":"https://id.example","claim":"email","value":"u"})", 400},
      // A cut that lies ahead would refuse whoever signs in later, the last administrator too.
      {of("sub", "a", R"(,"cut":"9999999999999.1")"), 400},
      {of("sub", "a", R"(,"cut":"01.1")"), 400},
      {of("sub", "a", R"(,"cut":5)"), 400},
      {R"({"issuer":"https://id.example","claim":"sub","value":"u","cut":1800000000001})", 400},
      {R"({"issuer":"https://id.example","claim":"sub","value":"u","cut":-1})", 400},
      {R"({"token":"x"})", 400},
      {R"({"token":"rsr_)" + std::string(43, 'A') + R"("})", 404},
      {list_of(kMaxOrders + 1), 413},
      {std::string(kMaxOrdersBytes + 1, ' '), 413},
      {R"({"revocations":[]})", 400},
      {R"({"revocations":{}})", 400},
      {R"({"revocations":[1]})", 400},
      {R"({"revocations":[)" + of("sub", "a") + R"(],"note":"x"})", 400},
      // One that is wrong, and none is done.
      {R"({"revocations":[)" + of("sub", "a") + "," + of("tenant", "x") + "]}", 400},
      {R"({"revocations":[)" + of("sub", "a") + "," +
           of("sub", "a", R"(,"cut":"9999999999999.1")") + "]}",
       400},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(revoke(c.body).status(), c.status) << c.body.substr(0, 200);
  }
  EXPECT_EQ(revoke(of("sub", "a"), {}).status(), 401);
  EXPECT_EQ(revoke(of("sub", "a"), as("resource")).status(), 403);
  EXPECT_EQ(revoke(of("sub", "a"), {{"Authorization", "Basic eDp5"}}).status(), 401);
  EXPECT_EQ(revoke(of("sub", "a"), bearer(tokens.access)).status(), 403) << "a user's own token";
  EXPECT_EQ(form("/v1/revocations", of("sub", "a"), as("security")).status(), 415);
  EXPECT_EQ(head(), before);
  EXPECT_TRUE(is_active(tokens.access));
}

TEST_F(RevocationTest, TakesManyAtOnce) {
  const Tokens first = open_session("user-0");
  const Tokens last = open_session("user-999");
  const Answer answer = revoke(list_of(kMaxOrders));
  ASSERT_EQ(answer.status(), 201) << answer.body();
  EXPECT_EQ(answer.json().find("count")->integer(), 1000);
  EXPECT_FALSE(is_active(first.access));
  EXPECT_FALSE(is_active(last.access));
  EXPECT_EQ(get("/v1/revocations/" + answer.text("last_id"), as("security")).text("value"),
            "user-999");
  EXPECT_EQ(revocations_recorded(), 1000U);
}

TEST_F(RevocationTest, TakesACutUpToTheHead) {
  const Tokens before = open_session("a");
  const Tokens other = open_session("b");
  ASSERT_EQ(revoke(of("sub", "b")).status(), 201);
  const std::string cut = head();
  const Tokens after = open_session("a");
  ASSERT_EQ(revoke(of("sub", "a", R"(,"cut":")" + cut + "\"")).status(), 201);
  EXPECT_FALSE(is_active(before.access));
  EXPECT_EQ(refresh(before.refresh).status(), 401);
  EXPECT_TRUE(is_active(after.access)) << "stamped at the cut";
  EXPECT_EQ(refresh(after.refresh).status(), 200);
}

TEST_F(RevocationTest, LetsAnAdministratorsOwnTokenWithTheScopeRevoke) {
  add_account("root", true);
  const Tokens plain = login("root");
  EXPECT_EQ(revoke(of("sub", "a"), bearer(plain.access)).status(), 403);
  const Tokens admin =
      tokens_of(login_answer("root", "correct horse", R"(,"scope":"rescind.admin")"));
  const Answer revoked = revoke(of("sub", "a"), bearer(admin.access));
  ASSERT_EQ(revoked.status(), 201) << revoked.body();
  EXPECT_EQ(record(revoked).text("actor"), "user:" + admin.subject);
}

TEST_F(RevocationTest, RemovesARevokedSigningKeyAtOnceEverywhere) {
  const Tokens before = open_session("a");
  const Answer keys = get("/v1/keys", as("admin"));
  std::string active;
  const auto rows = keys.json().find("keys");
  for (auto key = rows->first(); key; key = key->next()) {
    if (key->find("state")->string() == "active") active = *key->find("kid")->string();
  }
  ASSERT_EQ(revoke(of("kid", active)).status(), 201);
  EXPECT_FALSE(is_active(before.access));
  EXPECT_THAT(get("/.well-known/jwks.json").body(), testing::Not(HasSubstr(active)));
  const Tokens after = open_session("a");
  EXPECT_TRUE(is_active(after.access)) << "signed by the standby";
  EXPECT_EQ(refresh(before.refresh).status(), 200) << "its session is as good as it was";
  EXPECT_EQ(record(revoke(of("kid", active))).json().find("until"), std::nullopt) << "for good";
}

TEST_F(RevocationTest, WaitsUntilFollowersHaveAppliedOrRefuseByThemselves) {
  ASSERT_TRUE(receive(report("quick", "refuse 30000")));
  ASSERT_TRUE(receive(report("silent", "refuse 30000")));
  clock.advance(std::chrono::seconds(40));  // "silent" cannot vouch for anything any more
  ASSERT_TRUE(receive(report("quick", "refuse 30000")));
  std::vector<net::FetchRequest> requests;
  requests.push_back(json_request(url("/v1/revocations"), of("sub", "a"),
                                  also(as("security"), "Prefer", "wait=5")));
  auto waiting = std::async([&] { return send_all(std::move(requests)); });
  while (report("quick", "").applied == revocation::parse_position(head())) {
    if (revocations_recorded() > 0) break;
  }
  ASSERT_TRUE(receive(report("quick", "refuse 30000")));
  const Answer answer = waiting.get().front();
  EXPECT_EQ(answer.status(), 201) << answer.body();
  EXPECT_EQ(answer.header("Preference-Applied"), "wait=5");
  EXPECT_THAT(answer.body(), HasSubstr(R"("complete":true)"));
  EXPECT_THAT(answer.body(), HasSubstr(R"({"name":"quick","state":"applied")"));
  EXPECT_THAT(answer.body(), HasSubstr(R"({"name":"silent","state":"refusing")"));
}

TEST_F(RevocationTest, NamesWhoIsMissingWhenTheWaitIsOver) {
  ASSERT_TRUE(receive(report("careless", "accept 30000")));
  clock.advance(std::chrono::minutes(10));
  std::vector<net::FetchRequest> requests;
  requests.push_back(json_request(url("/v1/revocations"), of("sub", "a"),
                                  also(as("security"), "Prefer", "respond-async, wait=1")));
  auto waiting = std::async([&] { return send_all(std::move(requests)); });
  while (waiting.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    clock.advance(Milliseconds(100));
    on_loop([this] { authority_->step(clock.now()); });
  }
  const Answer answer = waiting.get().front();
  EXPECT_EQ(answer.status(), 202) << answer.body();
  EXPECT_THAT(answer.body(), HasSubstr(R"({"name":"careless","state":"missing")"));
  const Answer later = get(answer.header("Location") + "/propagation", as("security"));
  EXPECT_THAT(later.body(), HasSubstr(R"("complete":false,"state":"in_part")"));
  ASSERT_TRUE(receive(report("careless", "accept 30000")));
  EXPECT_THAT(get(answer.header("Location") + "/propagation", as("security")).body(),
              HasSubstr(R"("complete":true)"));
}

TEST_F(RevocationTest, SaysThatNoFollowerIsKnownRatherThanThatAllHaveAppliedIt) {
  const Answer answer =
      post("/v1/revocations", of("sub", "a"), also(as("security"), "Prefer", "wait=0"));
  EXPECT_EQ(answer.status(), 202) << answer.body();
  EXPECT_THAT(answer.body(), HasSubstr(R"("complete":false,"state":"no_followers","detail":"no )"));
  const std::string propagation = answer.header("Location") + "/propagation";
  EXPECT_THAT(get(propagation, as("security")).body(), HasSubstr(R"("state":"no_followers")"));
  ASSERT_TRUE(receive(report("f", "refuse 30000")));
  const Answer later = get(propagation, as("security"));
  EXPECT_THAT(later.body(), HasSubstr(R"("complete":true,"state":"complete","followers":[{)"));
}

TEST_F(RevocationTest, RefusesAForgedReceipt) {
  feed::Report good = report("f", "refuse 30000");
  feed::Report forged = good;
  forged.hash[0] ^= 1U;
  EXPECT_EQ(receive(forged).error().code, ErrorCode::kInvalid);
  feed::Report ahead = good;
  ahead.applied.number += 7;
  EXPECT_FALSE(receive(ahead));
  feed::Report elsewhere = good;
  elsewhere.applied.term += 1;
  elsewhere.proof = "no.signed.word";
  EXPECT_EQ(receive(elsewhere).error().code, ErrorCode::kInvalid);
  EXPECT_THAT(get("/v1/followers", as("admin")).body(), HasSubstr(R"("followers":[])"));
  ASSERT_TRUE(receive(good));
  EXPECT_THAT(get("/v1/followers", as("admin")).body(), HasSubstr(R"("name":"f")"));
  ASSERT_EQ(revoke(of("sub", "a")).status(), 201);
  EXPECT_TRUE(receive(good)) << "a moment behind, and its hash is named by the next batch";
  forged.hash = good.hash;
  forged.hash[31] ^= 1U;
  EXPECT_FALSE(receive(forged));
  EXPECT_THAT(get("/v1/followers", as("admin")).body(), HasSubstr(R"("behind":true)"));
}

// An old backup is restored: a follower shows the signed head that the log has lost.
TEST_F(RevocationTest, BeginsATermAboveALostHistoryThatIsProven) {
  const Tokens tokens = open_session("u");
  stop();
  std::filesystem::copy(file("store.db"), file("backup.db"));
  start();
  const std::string before = head();
  ASSERT_EQ(revoke(of("sub", "u")).status(), 201);
  ASSERT_FALSE(is_active(tokens.access));
  feed::Report lost = report("f", "refuse 30000");
  const auto key = open_feed_key(file("feed.pem"));
  lost.proof = feed::seal(feed::Heartbeat{.issuer = options.issuer,
                                          .feed = "default",
                                          .head = lost.applied,
                                          .hash = lost.hash,
                                          .at = clock.now().wall},
                          **key);
  stop();
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
    std::filesystem::remove(file(name));
  }
  std::filesystem::copy(file("backup.db"), file("store.db"));
  start();
  EXPECT_TRUE(is_active(tokens.access)) << "the backup does not know better";
  ASSERT_TRUE(receive(lost));
  EXPECT_EQ(authority_->counters().histories_lost.value(), 1U);
  EXPECT_GT(revocation::parse_position(head()), lost.applied);
  EXPECT_FALSE(is_active(tokens.access)) << "cut: nobody comes back from the dead";
  EXPECT_EQ(refresh(tokens.refresh).status(), 401);
  EXPECT_TRUE(is_active(open_session("u").access));
  ASSERT_TRUE(receive(lost));
  EXPECT_EQ(authority_->counters().histories_lost.value(), 1U) << "it says nothing new";
}

}  // namespace
}  // namespace rescind::authority
