#include "revocation/index.h"

#include <gtest/gtest.h>

#include <map>

#include "revocation/segment.h"
#include "revocation/until.h"

namespace rescind::revocation {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kAll = std::size_t{1} << 40U;  // buckets: a whole sweep

std::unique_ptr<Index> make_index(std::uint64_t seed = 1,
                                  Index::Options options = {.initial_entries = 16,
                                                            .max_entries = 1U << 22U}) {
  SeededRandom random(seed);
  return *Index::create(random, options);
}

Entry plain(std::uint64_t n, UntilSeconds until = 1000, Reason reason = Reason::kRevoked) {
  return {.key = {n, n * 7}, .cut = {}, .until = until, .reason = reason};
}
Entry cut(std::uint64_t n, Stamp stamp, UntilSeconds until = 1000,
          Reason reason = Reason::kRevoked) {
  return {.key = {n, n * 7}, .cut = stamp, .until = until, .reason = reason};
}

// A follower's time: all clocks agree and the feed is alive.
Now at_second(std::int64_t s) {
  return {.wall = wall_from_seconds(s), .boot = BootTime(seconds(s))};
}
void hear(Index& index, std::int64_t second) {
  FeedState state = index.state();
  state.freshness.refresh(1, wall_from_seconds(second), BootTime(seconds(second)));
  index.set_state(state);
}

TEST(IndexTest, FindsWhatWasAppliedAndNothingElse) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  EXPECT_EQ(reader.find({1, 7}), std::nullopt);
  EXPECT_TRUE(*index->apply(plain(1, 1000, Reason::kSignedOut)));
  EXPECT_TRUE(*index->apply(cut(2, {3, 4}, 1000, Reason::kCompromised)));
  EXPECT_EQ(reader.find({1, 7}), Reason::kSignedOut);
  EXPECT_EQ(reader.find({2, 14}), std::nullopt) << "an entry with a cut is none without";
  EXPECT_EQ(reader.find_cut({1, 7}), std::nullopt);
  const auto found = reader.find_cut({2, 14});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cut, (Stamp{3, 4}));
  EXPECT_EQ(found->reason, Reason::kCompromised);
  EXPECT_EQ(index->entries(), 2U);
}

// Exact: no 127 of the 128 bits are enough, and no bit pattern is special.
TEST(IndexTest, ComparesEveryBitOfTheKey) {
  for (const Key key : {Key{0, 0}, Key{~0ULL, ~0ULL}, Key{0x123456789abcdef0, 0xfedcba9800000000},
                        Key{1, 0xffffffff}}) {
    const auto index = make_index();
    const Index::Reader reader(*index);
    ASSERT_TRUE(index->apply({.key = key, .cut = {}, .until = 4, .reason = Reason::kRevoked}));
    ASSERT_TRUE(index->apply({.key = key, .cut = Stamp{1, 1}, .until = 4}));
    EXPECT_TRUE(reader.find(key));
    EXPECT_TRUE(reader.find_cut(key));
    for (unsigned bit = 0; bit < 64; ++bit) {
      for (const Key other :
           {Key{key.high ^ 1ULL << bit, key.low}, Key{key.high, key.low ^ 1ULL << bit}}) {
        EXPECT_FALSE(reader.find(other));
        EXPECT_FALSE(reader.find_cut(other));
      }
    }
  }
}

TEST(IndexTest, KeysThatDifferInTheirTagAloneOrNotInTheirTagLiveSideBySide) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  for (std::uint64_t n = 0; n < 2000; ++n) {
    ASSERT_TRUE(index->apply({.key = {5, n}, .cut = {}, .until = 4}));         // other tags
    ASSERT_TRUE(index->apply({.key = {5, n << 32U}, .cut = {}, .until = 4}));  // all of tag 0
    ASSERT_TRUE(index->apply({.key = {n, 9}, .cut = {}, .until = 4}));
  }
  for (std::uint64_t n = 0; n < 2000; ++n) {
    EXPECT_TRUE(reader.find({5, n}));
    EXPECT_TRUE(reader.find({5, n << 32U}));
    EXPECT_TRUE(reader.find({n, 9}));
    EXPECT_FALSE(reader.find({5, n + 2000}));
  }
  EXPECT_EQ(index->entries(), 5998U);
}

TEST(IndexTest, JoinsToTheLargestCutTheLargestUntilAndTheGravestReason) {
  const auto index = make_index();
  EXPECT_TRUE(*index->apply(cut(1, {2, 5}, 100, Reason::kRevoked)));
  EXPECT_FALSE(*index->apply(cut(1, {2, 5}, 100, Reason::kRevoked))) << "the same again";
  EXPECT_FALSE(*index->apply(cut(1, {1, 9}, 50, Reason::kSignedOut))) << "less in all";
  EXPECT_TRUE(*index->apply(cut(1, {1, 0}, 200, Reason::kSignedOut)));
  EXPECT_TRUE(*index->apply(cut(1, {3, 1}, 4, Reason::kSignedOut)));
  EXPECT_TRUE(*index->apply(cut(1, {0, 0}, 4, Reason::kCompromised)));
  std::vector<Entry> all;
  index->for_each([&all](const Entry& entry) { all.push_back(entry); });
  EXPECT_EQ(all, std::vector{cut(1, {3, 1}, 200, Reason::kCompromised)});
}

TEST(IndexTest, VersionsGrowWithEachChangeAndWithNothingElse) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  auto step = [&, version = reader.version(), cuts = reader.cut_version()]() mutable {
    const auto before = std::pair(version, cuts);
    version = reader.version();
    cuts = reader.cut_version();
    return std::pair(version - before.first, cuts - before.second);
  };
  ASSERT_TRUE(index->apply(plain(1)));
  EXPECT_EQ(step(), std::pair(1UL, 0UL));
  ASSERT_TRUE(index->apply(cut(1, {1, 1})));
  EXPECT_EQ(step(), std::pair(1UL, 1UL));
  ASSERT_TRUE(index->apply(cut(1, {1, 2})));
  ASSERT_TRUE(index->apply(cut(1, {1, 2}, 2000)));
  EXPECT_EQ(step(), std::pair(2UL, 2UL));
  ASSERT_TRUE(index->apply(plain(1)));
  ASSERT_TRUE(index->apply(cut(1, {1, 1})));
  index->set_state({});
  hear(*index, 5000);
  ASSERT_TRUE(index->purge(at_second(5000), kAll));
  EXPECT_EQ(step(), std::pair(0UL, 0UL));
}

TEST(IndexTest, RefusesOneMoreThanItsLimitAndKeepsWhatItHas) {
  const auto index = make_index(1, {.initial_entries = 1, .max_entries = 100});
  for (std::uint64_t n = 0; n < 50; ++n) {
    ASSERT_TRUE(*index->apply(plain(n)));
    ASSERT_TRUE(*index->apply(cut(n, {1, 1})));
  }
  for (const Entry& entry : {plain(50), cut(50, {1, 1})}) {
    const auto refused = index->apply(entry);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  }
  EXPECT_EQ(index->entries(), 100U);
  EXPECT_TRUE(*index->apply(cut(7, {1, 2}))) << "what is there can still be joined";
  EXPECT_TRUE(*index->apply(plain(7, 2000)));
  const Index::Reader reader(*index);
  EXPECT_EQ(reader.find(plain(50).key), std::nullopt);
}

TEST(IndexTest, DigestAndSegmentsAreEqualForEqualSetsWhateverOrderAndSecret) {
  const auto a = make_index(1);
  const auto b = make_index(2);
  for (std::uint64_t n = 0; n < 3000; ++n) {
    ASSERT_TRUE(a->apply(n % 3 == 0 ? cut(n, {n, 1}) : plain(n)));
    const std::uint64_t m = 2999 - n;
    ASSERT_TRUE(b->apply(m % 3 == 0 ? cut(m, {m, 1}) : plain(m)));
  }
  EXPECT_EQ(a->digest(), b->digest());
  ASSERT_TRUE(b->apply(plain(3000)));
  EXPECT_NE(a->digest(), b->digest());
}

TEST(IndexTest, PurgesWhatIsOverAndNothingThatLives) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    ASSERT_TRUE(index->apply(plain(n, 10'000 + n)));
    ASSERT_TRUE(index->apply(cut(n, {1, 1}, 10'000 + n)));
  }
  ASSERT_TRUE(index->apply(plain(5000, kForever)));
  hear(*index, 10'500);
  ASSERT_TRUE(index->purge(at_second(10'500), kAll));
  EXPECT_EQ(reader.purge_time(), wall_from_seconds(10'500));
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    const bool lives = (n + 3) / 4 * 4 >= 500;
    EXPECT_EQ(reader.find(plain(n).key).has_value(), lives) << n;
    EXPECT_EQ(reader.find_cut(plain(n).key).has_value(), lives) << n;
  }
  hear(*index, 99'999'999);
  index->raise_purge_time(wall_from_seconds(99'999'999));
  ASSERT_TRUE(index->purge(at_second(99'999'999), kAll));
  EXPECT_EQ(index->entries(), 1U);
  EXPECT_TRUE(reader.find(plain(5000).key)) << "for good";
}

TEST(IndexTest, APurgedEntryDoesNotComeBackByARepeatedBatch) {
  const auto index = make_index();
  index->raise_purge_time(wall_from_seconds(10'001));
  EXPECT_FALSE(*index->apply(plain(1, 10'000)));
  EXPECT_FALSE(*index->apply(cut(1, {1, 1}, 10'000)));
  EXPECT_TRUE(*index->apply(plain(1, 10'001)));
  EXPECT_EQ(index->entries(), 1U);
}

TEST(IndexTest, ABoundedSweepGetsThereAndTheMemoryComesBack) {
  const auto index = make_index();
  const std::size_t empty = index->bytes();
  for (std::uint64_t n = 1; n <= 200'000; ++n) ASSERT_TRUE(index->apply(plain(n, 10'000)));
  EXPECT_GT(index->bytes(), 200'000U * 20U);
  hear(*index, 10'004);
  int calls = 1;
  while (!index->purge(at_second(10'004), 100)) ++calls;
  EXPECT_GT(calls, 100);
  EXPECT_EQ(index->entries(), 0U);
  // A second sweep meets the shards that the first had left behind it.
  ASSERT_TRUE(index->purge(at_second(10'004), kAll));
  ASSERT_TRUE(index->purge(at_second(10'004), kAll));
  EXPECT_LE(index->bytes(), empty + 8 * 4096);
}

TEST(IndexTest, ChurnDoesNotMakeItGrow) {
  const auto index = make_index();
  std::size_t most = 0;
  for (std::int64_t second = 1; second < 400; ++second) {
    for (std::uint64_t n = 0; n < 500; ++n) {
      const auto id = static_cast<std::uint64_t>(second) * 500 + n;
      ASSERT_TRUE(index->apply(plain(id, static_cast<UntilSeconds>(second + 40))));
    }
    hear(*index, second);
    while (!index->purge(at_second(second), 64)) {
    }
    if (second > 100) most = std::max(most, index->bytes());
    ASSERT_LE(index->entries(), 500U * 46U);
  }
  EXPECT_LE(most, 500U * 46U * 36U + (40U << 10U));
}

TEST(IndexTest, StaysWithinItsBytesAnEntry) {
  const auto index = make_index();
  for (std::uint64_t n = 1; n <= 300'000; ++n) {
    ASSERT_TRUE(index->apply(plain(n)));
    if (n > 50'000 && n % 10'000 == 0) {
      EXPECT_LE(static_cast<double>(index->bytes()) / static_cast<double>(n), 28.0) << n;
    }
  }
}

TEST(IndexTest, ReserveMakesRoomWithoutLosingAnything) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  for (std::uint64_t n = 1; n <= 5000; ++n) ASSERT_TRUE(index->apply(plain(n)));
  ASSERT_TRUE(index->reserve(500'000));
  const std::size_t bytes = index->bytes();
  EXPECT_LE(bytes, 500'000U * 24U);
  for (std::uint64_t n = 5001; n <= 500'000; ++n) ASSERT_TRUE(index->apply(plain(n)));
  EXPECT_EQ(index->bytes(), bytes);
  for (std::uint64_t n = 1; n <= 500'000; ++n) ASSERT_TRUE(reader.find(plain(n).key)) << n;
  ASSERT_TRUE(index->reserve(10));
  EXPECT_EQ(index->bytes(), bytes);
}

TEST(IndexTest, ReadersSeeStateAndRules) {
  const auto index = make_index();
  const Index::Reader reader(*index);
  EXPECT_EQ(reader.state().position, Position{});
  EXPECT_FALSE(reader.state().ready);
  FeedState state{
      .position = {3, 4}, .head = {}, .freshness = {}, .ready = true, .can_follow = false};
  state.head.fill(9);
  state.freshness.refresh(3, wall_from_seconds(77), BootTime(seconds(1)));
  index->set_state(state);
  EXPECT_EQ(reader.state().position, (Position{3, 4}));
  EXPECT_EQ(reader.state().head, state.head);
  EXPECT_EQ(reader.state().freshness.at(), wall_from_seconds(77));
  EXPECT_TRUE(reader.state().ready);
  EXPECT_FALSE(reader.state().can_follow);

  ASSERT_NE(reader.rules(), nullptr);
  EXPECT_TRUE(reader.rules()->issuers.empty());
  const auto generation = reader.rules_generation();
  const auto rules = std::make_shared<const Rules>(Rules{
      {IssuerRules{.issuer = "i", .longest_lifetime = hours(1), .longest_session = hours(1)}}});
  ASSERT_TRUE(index->set_rules(rules));
  EXPECT_EQ(reader.rules_generation(), generation + 1);
  EXPECT_EQ(*reader.rules(), *rules);
  EXPECT_EQ(index->rules(), rules);
  ASSERT_TRUE(index->set_rules(std::make_shared<const Rules>(*rules)));
  EXPECT_EQ(reader.rules_generation(), generation + 1) << "they say the same";

  const auto broken = std::make_shared<const Rules>(Rules{{IssuerRules{.issuer = "i"}}});
  EXPECT_FALSE(index->set_rules(broken)) << "what readers could not read";
  EXPECT_EQ(*reader.rules(), *rules);
}

TEST(IndexTest, AWrongClockPurgesNothingTooEarly) {
  for (const auto step : {hours(1), hours(87'600), hours(-1), hours(-87'600)}) {
    const auto index = make_index();
    const Index::Reader reader(*index);
    ASSERT_TRUE(index->apply(plain(1, 1'800'000'900)));
    hear(*index, 1'800'000'000);
    ASSERT_TRUE(index->purge(at_second(1'800'000'000), kAll));
    Now now = at_second(1'800'000'010);
    now.wall += step;
    ASSERT_TRUE(index->purge(now, kAll));
    EXPECT_TRUE(reader.find(plain(1).key));
    EXPECT_LE(reader.purge_time(), wall_from_seconds(1'800'000'010));
    EXPECT_GE(reader.purge_time(), wall_from_seconds(1'800'000'000)) << "it never falls";
  }
}

}  // namespace
}  // namespace rescind::revocation
