#include "authority/authority.h"

#include <gmock/gmock.h>

#include <fstream>
#include <future>

#include "authority/authority_for_test.h"
#include "store/sqlite.h"

namespace rescind::authority {
namespace {

using testing::HasSubstr;
using testing::Not;

using StartedAuthority = AuthorityTest;

// L14: the database is locked by somebody else.
TEST_F(StartedAuthority, AnswersThatItCannotNowWhileTheStoreIsLockedAndRecoversByItself) {
  start();
  add_account("ann");
  const Tokens tokens = login("ann");
  {
    auto other = store::open_sqlite({.path = file("store.db")});
    ASSERT_TRUE(other);
    ASSERT_TRUE((*other)->begin());
    const Answer answers[] = {
        login_answer("ann"), refresh(tokens.refresh),
        post("/v1/revocations", R"({"claim":"sub","value":"x"})", as("security")),
        post("/v1/logout", "{}", bearer(tokens.access))};
    for (const Answer& answer : answers) {
      EXPECT_EQ(answer.status(), 503) << answer.body();
      EXPECT_NE(answer.header("Retry-After"), "");
    }
    EXPECT_TRUE(is_active(tokens.access)) << "reading goes on";
    (*other)->rollback();
  }
  EXPECT_TRUE(is_active(tokens.access)) << "nothing was done by halves";
  EXPECT_EQ(refresh(tokens.refresh).status(), 200);
  EXPECT_EQ(login_answer("ann").status(), 200);
}

TEST_F(StartedAuthority, SaysOkForNothingThatWasNotCommitted) {
  start();
  const Tokens tokens = open_session("u");
  const std::size_t recorded = revocations_recorded();
  fail_commits(1);
  EXPECT_EQ(post("/v1/revocations", R"({"claim":"sub","value":"u"})", as("security")).status(),
            503);
  fail_commits(1);
  EXPECT_EQ(post("/v1/logout", "{}", bearer(tokens.access)).status(), 503);
  EXPECT_EQ(revocations_recorded(), recorded);
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_EQ(post("/v1/logout", "{}", bearer(tokens.access)).status(), 200);
  EXPECT_FALSE(is_active(tokens.access));
}

// D54: what is secret is in no file of the store, not even after all of it has been used.
TEST_F(StartedAuthority, KeepsSecretsOutOfTheStore) {
  start();
  add_account("ann");
  const Tokens tokens = login("ann");
  const Tokens next = tokens_of(refresh(tokens.refresh));
  const Answer client = post("/v1/clients", R"({"id":"shop","roles":"login"})", as("admin"));
  const Answer changed = post(
      "/v1/password", R"({"current_password":"correct horse","new_password":"better battery"})",
      bearer(next.access));
  ASSERT_EQ(changed.status(), 200);
  stop();
  std::string stored;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().filename().string().starts_with("store.db")) {
      std::ifstream in(entry.path(), std::ios::binary);
      stored.append(std::istreambuf_iterator<char>(in), {});
    }
  }
  ASSERT_THAT(stored, HasSubstr("ann"));
  for (const std::string& secret :
       {tokens.refresh, next.refresh, tokens.access, next.access, client.text("secret"),
        changed.text("refresh_token"), std::string("correct horse"), std::string("better battery"),
        std::string("PRIVATE KEY"), std::string("app-secret")}) {
    ASSERT_FALSE(secret.empty());
    EXPECT_EQ(stored.find(secret), std::string::npos) << secret.substr(0, 8);
  }
}

TEST_F(StartedAuthority, NeedsTheMasterKeyThatItsKeysWereSealedUnder) {
  start();
  stop();
  std::filesystem::remove(file("master.key"));
  SystemRandom random;
  NullLog log;
  auto database = store::open_sqlite({.path = file("store.db")});
  const auto feed_key = *open_feed_key(file("feed.pem"));
  Authority::Parts parts;
  parts.committer = *store::Committer::open({.issuer = options.issuer}, *std::move(database),
                                            feed_key, log, clock.now(), [] {});
  parts.connect = [this] { return store::open_sqlite({.path = file("store.db")}); };
  parts.feed_key = feed_key;
  parts.master_key =
      std::make_shared<const MasterKey>(*MasterKey::open(file("master.key"), random));
  parts.post = [](Task) {};
  parts.wake = [] {};
  parts.wake_writer = [] {};
  const auto authority = Authority::open(options, std::move(parts), clock, random, log);
  ASSERT_FALSE(authority);
  EXPECT_EQ(authority.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(authority.error().message, HasSubstr("master key"));
}

TEST_F(StartedAuthority, RefusesOptionsThatCannotBe) {
  const struct {
    const char* why;
    std::function<void(Options&)> spoil;
  } cases[] = {
      {"issuer", [](Options& o) { o.issuer = "auth.example"; }},
      {"issuer", [](Options& o) { o.issuer = "https://auth.example/"; }},
      {"query", [](Options& o) { o.issuer = "https://auth.example?x"; }},
      {"session", [](Options& o) { o.refresh_ttl = std::chrono::seconds(1); }},
      {"reuse_grace", [](Options& o) { o.reuse_grace = Milliseconds(60'001); }},
      {"rotate_every", [](Options& o) { o.rotate_every = o.publish_before; }},
      {"role", [](Options& o) { o.clients[0].roles = "root"; }},
      {"secret", [](Options& o) { o.clients[0].secret = Secret(); }},
      {"twice", [](Options& o) { o.clients.push_back(o.clients[0]); }},
  };
  SystemRandom random;
  NullLog log;
  for (const auto& c : cases) {
    Options spoilt = options;
    c.spoil(spoilt);
    Authority::Parts parts;
    parts.connect = [this] { return store::open_sqlite({.path = file("none.db")}); };
    const auto authority = Authority::open(spoilt, std::move(parts), clock, random, log);
    ASSERT_FALSE(authority);
    EXPECT_EQ(authority.error().code, ErrorCode::kInvalid) << c.why;
    EXPECT_THAT(authority.error().message, HasSubstr(c.why));
  }
}

TEST_F(StartedAuthority, ShowsTheFeedToFollowersAlone) {
  options.clients.push_back(
      {.id = "gateway", .secret = Secret("gateway-secret"), .roles = "follow"});
  start();
  EXPECT_EQ(get("/v1/feed").status(), 401);
  EXPECT_EQ(get("/v1/feed", as("resource")).status(), 403);
  EXPECT_EQ(get("/v1/feed", bearer(open_session("u").access)).status(), 403);
  EXPECT_EQ(get("/v1/feed", as("gateway")).body(), "the feed");
  EXPECT_EQ(get("/v1/feed", as("admin")).status(), 200);
  stop();
  options.open_feed = true;
  start();
  EXPECT_EQ(get("/v1/feed").body(), "the feed");
}

TEST_F(StartedAuthority, GoesOnAfterARestart) {
  start();
  add_account("ann");
  const Tokens tokens = login("ann");
  const std::string keys = get("/.well-known/jwks.json").body();
  stop();
  start();
  EXPECT_EQ(get("/.well-known/jwks.json").body(), keys);
  EXPECT_TRUE(is_active(tokens.access));
  EXPECT_EQ(refresh(tokens.refresh).status(), 200);
  EXPECT_EQ(login_answer("ann").status(), 200);
}

TEST_F(StartedAuthority, AnswersUnknownPathsAndMethodsAsProblems) {
  start();
  const Answer unknown = get("/v1/nothing");
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_EQ(unknown.response().content_type, "application/problem+json");
  EXPECT_EQ(unknown.json().find("status")->integer(), 404);
  const Answer method = get("/v1/logout");
  EXPECT_EQ(method.status(), 405);
  EXPECT_EQ(method.header("Allow"), "POST");
}

}  // namespace
}  // namespace rescind::authority
