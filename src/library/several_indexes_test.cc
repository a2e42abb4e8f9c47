// A Checker over the indexes of two feeds, as an agent with several feeds shares them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "library/world_testing.h"

namespace rescind::library {
namespace {

constexpr const char* kOther = "https://other.test";

// `first` is the feed of kIssuer, `second` that of kOther; both say the same things of both
// issuers.
class TwoWorlds {
 public:
  TwoWorlds() {
    first.start_agent();
    start_second();
  }
  void start_second() {
    second.start_agent();
    revocation::Rules rules = test_rules();
    rules.issuers.push_back(rules.issuers[0]);
    rules.issuers[1].issuer = kOther;
    CHECK(second.region->index().set_rules(std::make_shared<revocation::Rules>(rules)));
    auto keys = jwt::KeySet::parse("{\"keys\":[" + second.key.public_key().public_jwk() + "]}");
    const auto shared = std::make_shared<jwt::KeySet>(std::move(keys->keys));
    const verifier::TrustedIssuers issuers(
        {{.issuer = kOther, .keys = shared}, {.issuer = kIssuer, .keys = shared}});
    CHECK(second.region->index().set_keys(shared_keys_of(issuers)));
  }
  std::unique_ptr<Checker> checker() {
    auto opened = Checker::open(R"({"index":")" + first.path() + R"(","issuers":[{"issuer":")" +
                                    kIssuer + R"(","audiences":["api"]},{"issuer":")" + kOther +
                                    R"(","audiences":["api"],"index":")" + second.path() + "\"}]}",
                                first.clock, first.random);
    CHECK(opened);
    return *std::move(opened);
  }
  static std::string payload_of_other(const std::string& subject = "u1") {
    std::string payload = test_payload(subject);
    payload.replace(payload.find(kIssuer), std::string(kIssuer).size(), kOther);
    return payload;
  }
  std::string token_of_other(const std::string& subject = "u1") const {
    return sign_compact(second.key, "at+jwt", payload_of_other(subject));
  }

  SharedWorld first;
  SharedWorld second;
};

TEST(SeveralIndexes, HaveEachTheirIssuersKeysAndRevocations) {
  TwoWorlds worlds;
  const auto checker = worlds.checker();
  const std::string one = worlds.first.token();
  const std::string other = worlds.token_of_other();
  EXPECT_EQ(word_of(checker->verify(one)), "accepted");
  EXPECT_EQ(word_of(checker->verify(other)), "accepted");
  // The second agent's keys for the first one's issuer count for nothing.
  EXPECT_EQ(word_of(checker->verify(sign_compact(worlds.second.key, "at+jwt", test_payload()))),
            "unknown_key");
  worlds.second.region->revoke("sid", "s-u1");
  EXPECT_EQ(word_of(checker->verify(one)), "accepted") << "not its feed";
  ASSERT_TRUE(worlds.second.region->index().apply(
      revocation::entry_of({.target = {kOther, "sid", "s-u1"},
                            .until = kNowSeconds + 1000,
                            .reason = revocation::Reason::kRevoked})));
  EXPECT_EQ(word_of(checker->verify(other)), "revoked");
  EXPECT_EQ(word_of(checker->is_revoked(TwoWorlds::payload_of_other(), std::nullopt)), "revoked");
  EXPECT_EQ(word_of(checker->is_revoked(test_payload(), std::nullopt)), "accepted");
  EXPECT_EQ(checker->state().revocations, 2U) << "of both";
}

TEST(SeveralIndexes, AreLookedForOneByOne) {
  TwoWorlds worlds;
  worlds.second.region.reset();
  std::filesystem::remove(worlds.second.path());
  const auto checker = worlds.checker();
  const std::string other = worlds.token_of_other();
  EXPECT_EQ(word_of(checker->verify(worlds.first.token())), "accepted");
  EXPECT_EQ(word_of(checker->verify(other)), "stale");
  EXPECT_FALSE(checker->state().fresh) << "one of them is not";
  EXPECT_THAT(checker->state().error, testing::HasSubstr(worlds.second.path()));
  const std::uint64_t signatures = checker->state().signatures;
  worlds.start_second();
  worlds.first.clock.advance(Milliseconds(100));
  EXPECT_EQ(word_of(checker->verify(other)), "accepted");
  EXPECT_TRUE(checker->state().fresh);
  EXPECT_EQ(word_of(checker->verify(worlds.first.token())), "accepted");
  // Other keys make all signatures be checked again.
  EXPECT_EQ(checker->state().signatures, signatures + 2);
}

TEST(SeveralIndexes, GrowStaleEachByItself) {
  TwoWorlds worlds;
  const auto checker = worlds.checker();
  const std::string other = worlds.token_of_other();
  ASSERT_EQ(word_of(checker->verify(other)), "accepted");
  worlds.first.clock.advance(Milliseconds(31'000));
  worlds.first.region->hear(worlds.first.clock.now());
  EXPECT_EQ(word_of(checker->verify(worlds.first.token())), "accepted");
  EXPECT_EQ(word_of(checker->verify(other)), "stale");
  EXPECT_GT(checker->state().staleness, Milliseconds(30'000)) << "the oldest counts";
  worlds.second.region->hear(worlds.first.clock.now());
  EXPECT_EQ(word_of(checker->verify(other)), "accepted");
}

TEST(SeveralIndexes, AreAllWatched) {
  TwoWorlds worlds;
  const auto checker = worlds.checker();
  std::atomic<int> told = 0;
  const auto one = checker->on_revoked(test_payload(), std::nullopt, [&](Reason) { told += 1; });
  const auto other = checker->on_revoked(TwoWorlds::payload_of_other("u2"), std::nullopt,
                                         [&](Reason) { told += 10; });
  ASSERT_NE(one, nullptr);
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(worlds.second.region->index().apply(
      revocation::entry_of({.target = {kOther, "sid", "s-u2"},
                            .until = kNowSeconds + 1000,
                            .reason = revocation::Reason::kRevoked})));
  EXPECT_TRUE(eventually([&] { return told == 10; }));
  worlds.first.region->revoke("sid", "s-u1");
  EXPECT_TRUE(eventually([&] { return told == 11; }));
}

}  // namespace
}  // namespace rescind::library
