#include "store/repositories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/revocation_rows.h"
#include "store/store_for_test.h"

namespace rescind::store {
namespace {

using revocation::Reason;
using revocation::Revocation;
using testing::ElementsAre;

class RepositoriesTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = connect_migrated(folder_.file("test.db"));
};

Account account(std::string id, std::string name) {
  return {.id = std::move(id),
          .name = std::move(name),
          .email = "a@example.com",
          .password_hash = "$argon2id$",
          .credential_version = 3,
          .disabled = false,
          .administrator = true,
          .created = wall_from_ms(1'763'800'000'123)};
}

Session session(std::string id) {
  return {.id = std::move(id),
          .subject = "u1",
          .client_id = "web",
          .scope = "read write",
          .audience = {"https://a.example", "a \"quoted\"\nline"},
          .email = "a@example.com",
          .stamp = {1'763'800'000'000, 7},
          .state = SessionState::kActive,
          .created = wall_from_ms(1000),
          .expires = wall_from_ms(100'000),
          .last_access_expiry = 50,
          .address = "192.0.2.1",
          .user_agent = "curl"};
}

Revocation user(std::string_view name, Stamp cut, revocation::UntilSeconds until, Reason reason) {
  return {.target = {"https://auth.example", "sub", std::string(name)},
          .cut = cut,
          .until = until,
          .reason = reason};
}

TEST_F(RepositoriesTest, KeepsAccounts) {
  Accounts accounts(*database_);
  ASSERT_TRUE(accounts.insert(account("u1", "alice")));
  const auto found = accounts.by_name("alice");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "u1");
  EXPECT_EQ((*found)->credential_version, 3);
  EXPECT_TRUE((*found)->administrator);
  EXPECT_EQ((*found)->created, wall_from_ms(1'763'800'000'123));
  EXPECT_FALSE(*accounts.by_name("Alice"));
  EXPECT_FALSE(*accounts.by_id("alice"));
}

TEST_F(RepositoriesTest, RefusesANameThatIsTaken) {
  Accounts accounts(*database_);
  ASSERT_TRUE(accounts.insert(account("u1", "alice")));
  const auto taken = accounts.insert(account("u2", "alice"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
}

TEST_F(RepositoriesTest, UpdatesAllOfAnAccountButItsName) {
  Accounts accounts(*database_);
  ASSERT_TRUE(accounts.insert(account("u1", "alice")));
  Account changed = account("u1", "eve");
  changed.credential_version = 4;
  changed.disabled = true;
  ASSERT_TRUE(accounts.update(changed));
  const auto found = accounts.by_id("u1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->name, "alice");
  EXPECT_EQ((*found)->credential_version, 4);
  EXPECT_TRUE((*found)->disabled);
  EXPECT_EQ(accounts.update(account("u9", "bob")).error().code, ErrorCode::kNotFound);
}

TEST_F(RepositoriesTest, CountsAdministratorsThatMaySignIn) {
  Accounts accounts(*database_);
  Account disabled = account("u2", "bob");
  disabled.disabled = true;
  ASSERT_TRUE(accounts.insert(account("u1", "alice")));
  ASSERT_TRUE(accounts.insert(disabled));
  EXPECT_EQ(*accounts.enabled_administrators(), 1);
}

TEST_F(RepositoriesTest, TurnsPagesWithoutRepeatingOrLeavingOut) {
  Accounts accounts(*database_);
  for (const char* id : {"c", "a", "d", "b"}) ASSERT_TRUE(accounts.insert(account(id, id)));
  std::vector<std::string> seen;
  Page page{.after = "", .limit = 3};
  while (true) {
    const auto rows = accounts.list(page);
    ASSERT_TRUE(rows);
    for (const Account& row : *rows) seen.push_back(row.id);
    if (rows->size() < page.limit) break;
    page.after = rows->back().id;
  }
  EXPECT_THAT(seen, ElementsAre("a", "b", "c", "d"));
}

TEST_F(RepositoriesTest, CutsAPageToItsLimit) {
  EXPECT_EQ((Page{.after = "", .limit = kMaxPage}.rows()), kMaxPage);
  EXPECT_EQ((Page{.after = "", .limit = kMaxPage + 1}.rows()), kMaxPage);
}

TEST_F(RepositoriesTest, PutsClientsAndReplacesThem) {
  Clients clients(*database_);
  Client client{.id = "web", .secret_hash = sha256("secret"), .roles = "login revoke"};
  ASSERT_TRUE(clients.put(client));
  client.disabled = true;
  ASSERT_TRUE(clients.put(client));
  const auto found = clients.by_id("web");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->secret_hash, sha256("secret"));
  EXPECT_TRUE((*found)->disabled);
  EXPECT_EQ(clients.list({})->size(), 1U);
}

TEST_F(RepositoriesTest, KeepsSessionsAsTheyWere) {
  Sessions sessions(*database_);
  const Session made = session("s1");
  ASSERT_TRUE(sessions.insert(made));
  const auto found = sessions.by_id("s1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->audience, made.audience);
  EXPECT_EQ((*found)->stamp, made.stamp);
  EXPECT_EQ((*found)->expires, made.expires);
  EXPECT_EQ((*found)->user_agent, made.user_agent);
  EXPECT_EQ(sessions.of_subject("u1", {})->size(), 1U);
  EXPECT_EQ(sessions.of_subject("u2", {})->size(), 0U);
}

TEST_F(RepositoriesTest, EndsASessionOnce) {
  Sessions sessions(*database_);
  ASSERT_TRUE(sessions.insert(session("s1")));
  EXPECT_TRUE(*sessions.end("s1", SessionState::kSignedOut));
  EXPECT_FALSE(*sessions.end("s1", SessionState::kCompromised));
  EXPECT_EQ((*sessions.by_id("s1"))->state, SessionState::kSignedOut);
}

TEST_F(RepositoriesTest, RaisesTheExpiryOfASessionAndNeverLowersIt) {
  Sessions sessions(*database_);
  ASSERT_TRUE(sessions.insert(session("s1")));
  ASSERT_TRUE(sessions.raise_last_access_expiry("s1", 70));
  ASSERT_TRUE(sessions.raise_last_access_expiry("s1", 60));
  EXPECT_EQ((*sessions.by_id("s1"))->last_access_expiry, 70);
}

TEST_F(RepositoriesTest, ForgetsASessionOnlyAfterItsLastToken) {
  Sessions sessions(*database_);
  RefreshTokens tokens(*database_);
  Session lasting = session("s2");
  lasting.last_access_expiry = 130;
  ASSERT_TRUE(sessions.insert(session("s1")));
  ASSERT_TRUE(sessions.insert(lasting));
  ASSERT_TRUE(tokens.insert({.hash = sha256("one"), .session_id = "s1"}));
  ASSERT_TRUE(sessions.forget_expired(wall_from_ms(100'000), 10));
  EXPECT_TRUE(*sessions.by_id("s1"));
  ASSERT_TRUE(sessions.forget_expired(wall_from_ms(120'000), 10));
  EXPECT_FALSE(*sessions.by_id("s1"));
  EXPECT_FALSE(*tokens.by_hash(sha256("one")));
  EXPECT_TRUE(*sessions.by_id("s2"));
}

TEST_F(RepositoriesTest, RotatesARefreshTokenOnce) {
  Sessions sessions(*database_);
  RefreshTokens tokens(*database_);
  ASSERT_TRUE(sessions.insert(session("s1")));
  ASSERT_TRUE(tokens.insert({.hash = sha256("one"), .session_id = "s1"}));
  ASSERT_TRUE(tokens.insert({.hash = sha256("two"), .session_id = "s1", .parent = sha256("one")}));
  EXPECT_TRUE(*tokens.rotate(sha256("one"), wall_from_ms(5)));
  EXPECT_FALSE(*tokens.rotate(sha256("one"), wall_from_ms(6)));
  EXPECT_FALSE(*tokens.rotate(sha256("none"), wall_from_ms(6)));
  ASSERT_TRUE(tokens.mark_successor_used(sha256("one")));
  const auto old = tokens.by_hash(sha256("one"));
  ASSERT_TRUE(old && *old);
  EXPECT_EQ((*old)->state, RefreshState::kRotated);
  EXPECT_EQ((*old)->rotated, wall_from_ms(5));
  EXPECT_TRUE((*old)->successor_used);
  EXPECT_EQ((*tokens.by_hash(sha256("two")))->parent, sha256("one"));
}

TEST_F(RepositoriesTest, RefusesARefreshTokenWithoutASession) {
  const auto orphan =
      RefreshTokens(*database_).insert({.hash = sha256("one"), .session_id = "none"});
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, ErrorCode::kConflict);
}

TEST_F(RepositoriesTest, KeepsSigningKeysInTheirOrder) {
  SigningKeys keys(*database_);
  SigningKeyRow key{.id = "b", .algorithm = "ES256", .sealed_pem = "…", .public_jwk = "{}"};
  ASSERT_TRUE(keys.put(key));
  key.state = KeyState::kActive;
  ASSERT_TRUE(keys.put(key));
  key.id = "a";
  key.created = wall_from_ms(1);
  ASSERT_TRUE(keys.put(key));
  const auto all = keys.all();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].id, "b");
  EXPECT_EQ((*all)[0].state, KeyState::kActive);
}

TEST_F(RepositoriesTest, JoinsEntriesOfOneTarget) {
  Revocations revocations(*database_);
  const std::vector<Revocation> all{user("u1", {10, 5}, 100, Reason::kCompromised),
                                    user("u1", {9, 7}, 200, Reason::kSignedOut),
                                    user("u1", {10, 4}, 150, Reason::kRevoked)};
  for (const Revocation& one : all) ASSERT_TRUE(join_entry(*database_, one));
  const auto found = revocations.find(revocation::key_of(all[0].target));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->cut, (Stamp{10, 5}));
  EXPECT_EQ((*found)->until, 200U);
  EXPECT_EQ((*found)->reason, Reason::kCompromised);
  EXPECT_EQ((*found)->key, revocation::key_of(all[0].target));
}

TEST_F(RepositoriesTest, KeepsForGoodWhatHasNoEnd) {
  const Revocation key{.target = {"https://auth.example", "kid", "k1"},
                       .cut = std::nullopt,
                       .until = revocation::kForever};
  ASSERT_TRUE(join_entry(*database_, key));
  const auto live = Revocations(*database_).live(wall_from_seconds(9'000'000'000));
  ASSERT_TRUE(live);
  ASSERT_EQ(live->size(), 1U);
  EXPECT_EQ(live->front(), revocation::entry_of(key));
}

TEST_F(RepositoriesTest, LeavesOutWhatThePurgeTimeHasPassed) {
  ASSERT_TRUE(join_entry(*database_, user("u1", {1, 1}, 100, Reason::kRevoked)));
  Revocations revocations(*database_);
  EXPECT_EQ(revocations.live(wall_from_seconds(100))->size(), 1U);
  EXPECT_EQ(revocations.live(wall_from_seconds(101))->size(), 0U);
}

TEST_F(RepositoriesTest, ListsRecordsNewestFirst) {
  for (const std::uint64_t number : {2U, 10U, 9U}) {
    RevocationRecord record{.id = "",
                            .revocation = user("u1", {1, number}, 100, Reason::kRevoked),
                            .position = {1, number},
                            .at = wall_from_ms(5),
                            .actor = "alice",
                            .note = "lost laptop"};
    record.revocation.target.value = std::int64_t{-42};
    ASSERT_TRUE(insert_record(*database_, record, 3));
  }
  Revocations revocations(*database_);
  const auto newest = revocations.records({.after = "", .limit = 2});
  ASSERT_TRUE(newest);
  ASSERT_EQ(newest->size(), 2U);
  EXPECT_EQ((*newest)[0].id, "1.10.3");
  EXPECT_EQ((*newest)[1].id, "1.9.3");
  EXPECT_EQ((*newest)[0].revocation.target.value, revocation::Value(std::int64_t{-42}));
  EXPECT_EQ((*newest)[0].note, "lost laptop");
  const auto rest = revocations.records({.after = "1.9.3", .limit = 2});
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->front().id, "1.2.3");
}

TEST_F(RepositoriesTest, FindsARecordByItsIdAlone) {
  const RevocationRecord record{.id = "",
                                .revocation = user("u1", {1, 2}, 100, Reason::kRevoked),
                                .position = {1, 2},
                                .actor = "alice"};
  ASSERT_TRUE(insert_record(*database_, record, 0));
  Revocations revocations(*database_);
  ASSERT_TRUE(*revocations.record("1.2.0"));
  EXPECT_EQ((*revocations.record("1.2.0"))->revocation, record.revocation);
  for (const char* id : {"", "1.2", "1.2.1", "01.2.0", "1.2.00", "1.2.-1", "x.y.z", "1.2.0 "}) {
    EXPECT_FALSE(*revocations.record(id)) << id;
  }
  EXPECT_EQ(revocations.records({.after = "x"}).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace rescind::store
