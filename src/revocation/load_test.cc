#include "revocation/load.h"

#include <gtest/gtest.h>

#include "revocation/segment.h"

namespace rescind::revocation {
namespace {

std::unique_ptr<Index> make_index(std::size_t max_entries = 1U << 20U) {
  SeededRandom random(3);
  return *Index::create(random, {.initial_entries = 1, .max_entries = max_entries});
}

std::vector<Entry> some_entries(std::size_t count) {
  SeededRandom random(1);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    Entry entry{.key = {random.next_u64(), random.next_u64()},
                .cut = {},
                .until = 4 * (1 + random.below(1U << 29U)),
                .reason = static_cast<Reason>(random.below(3))};
    if (random.below(10) == 0) entry.cut = Stamp{random.below(9), random.below(9)};
    entries.push_back(entry);
  }
  return entries;
}

class LoadTest : public testing::TestWithParam<std::size_t> {};

TEST_P(LoadTest, IsTheSameAsApplyingOneAfterTheOther) {
  const auto entries = some_entries(GetParam());
  const auto one_by_one = make_index();
  for (const Entry& entry : entries) ASSERT_TRUE(*one_by_one->apply(entry));
  const auto at_once = make_index();
  ASSERT_TRUE(load_entries(*at_once, entries));
  EXPECT_EQ(at_once->digest(), one_by_one->digest());
  const auto from_segments = make_index();
  ASSERT_TRUE(load_segments(*from_segments, encode_segments(entries)));
  EXPECT_EQ(from_segments->digest(), one_by_one->digest());
  EXPECT_EQ(from_segments->entries(), GetParam());
  ASSERT_TRUE(load_segments(*from_segments, encode_segments(entries)));
  EXPECT_EQ(from_segments->digest(), one_by_one->digest()) << "once more changes nothing";
}

INSTANTIATE_TEST_SUITE_P(Sizes, LoadTest, testing::Values(0, 1, 31, 33, 512, 5'000, 300'000));

TEST(LoadTest, JoinsWithWhatIsThere) {
  const auto index = make_index();
  const Key key{1, 2};
  ASSERT_TRUE(index->apply({.key = key, .cut = {}, .until = 400, .reason = Reason::kCompromised}));
  const std::vector<Entry> later{
      {.key = key, .cut = {}, .until = 800, .reason = Reason::kSignedOut}};
  ASSERT_TRUE(load_entries(*index, later));
  const auto joined = make_index();
  ASSERT_TRUE(joined->apply({.key = key, .cut = {}, .until = 800, .reason = Reason::kCompromised}));
  EXPECT_EQ(index->digest(), joined->digest());
}

TEST(LoadTest, SaysThatTheIndexIsFull) {
  const auto entries = some_entries(1000);
  for (const bool by_segments : {false, true}) {
    const auto index = make_index(999);
    const auto loaded = by_segments ? load_segments(*index, encode_segments(entries))
                                    : load_entries(*index, entries);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kExhausted);
    EXPECT_EQ(index->entries(), 999U);
    ASSERT_TRUE(load_entries(*make_index(1000), entries));
  }
}

TEST(LoadTest, RefusesADamagedSegment) {
  auto segments = encode_segments(some_entries(1000));
  segments.back().back() = static_cast<char>(segments.back().back() | 3);
  const auto loaded = load_segments(*make_index(), segments);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  segments.front().pop_back();
  const auto index = make_index();
  ASSERT_FALSE(load_segments(*index, segments));
  EXPECT_EQ(index->entries(), 0U) << "a wrong length is found before anything is in";
}

}  // namespace
}  // namespace rescind::revocation
