// The index against a model that cannot be wrong: a std::map of joins. Random applies in any order,
// with duplicates, growth, purges by good and bad clocks.
//
// RESCIND_LONG=1 applies and compares 10^7 times in all (make soak), else 400,000 times.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>

#include "revocation/index.h"
#include "revocation/segment.h"
#include "revocation/until.h"

namespace rescind::revocation {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAll = std::size_t{1} << 40U;
constexpr std::int64_t kStart = 1'800'000'000;

constexpr std::size_t kSeeds = 2;

std::size_t steps() {
  return (std::getenv("RESCIND_LONG") != nullptr ? 10'000'000 : 400'000) / kSeeds;
}

std::unique_ptr<Index> make_index(std::uint64_t seed) {
  SeededRandom random(seed);
  return *Index::create(random, {.initial_entries = 1, .max_entries = 1U << 24U});
}

// What the index keeps of an entry: its until in whole units.
Entry normal(Entry entry) {
  entry.until = until_of(pack(entry.until, entry.reason));
  return entry;
}

class Model {
 public:
  // As Index::apply, and what that has to return.
  bool apply(const Entry& given) {
    const Entry entry = normal(given);
    const auto [place, added] = entries_.try_emplace({entry.key, entry.cut.has_value()}, entry);
    if (added) {
      const bool over = ended(entry);
      if (over) entries_.erase(place);
      return !over;
    }
    const Entry before = place->second;
    Entry& now = place->second;
    now.cut = std::max(now.cut, entry.cut);
    now.until = std::max(now.until, entry.until);
    now.reason = std::max(now.reason, entry.reason);
    return now != before;
  }
  void purge(WallTime purge_time) {
    purge_time_ = purge_time;
    std::erase_if(entries_, [this](const auto& each) { return ended(each.second); });
  }
  const Entry* find(const Key& key, bool has_cut) const {
    const auto found = entries_.find({key, has_cut});
    return found == entries_.end() ? nullptr : &found->second;
  }
  std::size_t size() const { return entries_.size(); }
  Digest digest() const {
    std::vector<Entry> all;
    for (const auto& [id, entry] : entries_) all.push_back(entry);
    std::string names;
    for (const std::string& segment : encode_segments(std::move(all))) {
      names += text_of(sha256(segment));
    }
    return sha256(names);
  }

 private:
  bool ended(const Entry& entry) const {
    return entry.until != kForever &&
           static_cast<std::int64_t>(entry.until) * 1000 < to_ms(purge_time_);
  }
  std::map<std::pair<Key, bool>, Entry> entries_;
  WallTime purge_time_{};
};

class IndexModelTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  Entry some_entry() {
    // Few enough keys that they repeat; some of one tag, some of tag 0.
    const std::uint64_t n = random_.below(keys_);
    Entry entry{.key = {n * 0x9e3779b97f4a7c15U, random_.below(8) == 0 ? n << 32U : n * n},
                .cut = {},
                .until = static_cast<UntilSeconds>(second_) + random_.below(2000),
                .reason = static_cast<Reason>(random_.below(3))};
    if (random_.below(4) == 0) entry.until += random_.below(25'000);
    if (random_.below(50) == 0) entry.until = kForever;
    if (random_.below(20) == 0) entry.until = random_.below(100);
    if (random_.below(4) == 0) entry.cut = Stamp{random_.below(3), random_.below(100)};
    return entry;
  }

  void apply(const Entry& entry) {
    const auto changed = index_->apply(entry);
    ASSERT_TRUE(changed);
    ASSERT_EQ(*changed, model_.apply(entry));
    ++(*changed ? seen_.changes : seen_.repetitions);
    seen_.most = std::max(seen_.most, index_->entries());
  }

  // Time goes on, or the host's clock goes anywhere; then a sweep, whole or in pieces.
  void purge() {
    second_ += static_cast<std::int64_t>(random_.below(100));
    FeedState state = index_->state();
    state.freshness.refresh(1, wall_from_seconds(second_), BootTime(seconds(second_)));
    index_->set_state(state);
    Now now{.wall = wall_from_seconds(second_), .boot = BootTime(seconds(second_))};
    if (random_.below(3) == 0) {
      now.wall += seconds(static_cast<std::int64_t>(random_.below(2'000'000))) - seconds(1'000'000);
    }
    const std::size_t piece = random_.below(2) == 0 ? kAll : 1 + random_.below(500);
    const WallTime before = index_->purge_time();
    const std::size_t entries_before = index_->entries();
    index_->purge(now, kAll);  // to an end that may be that of a sweep begun long ago
    while (!index_->purge(now, piece)) {
    }
    ASSERT_GE(index_->purge_time(), before);
    ASSERT_LE(index_->purge_time(), wall_from_seconds(second_));
    model_.purge(index_->purge_time());
    // What is let go is given back: 64 bytes for an entry with a cut in a shard that is 58 % full,
    // some pages at the least.
    ASSERT_LE(index_->bytes(), 100'000 + 64 * index_->entries());
    seen_.purged += entries_before - index_->entries();
    seen_.clock_fell += now.wall < last_wall_ ? 1 : 0;
    last_wall_ = now.wall;
  }

  void compare(const Entry& about) {
    const Index::Reader reader(*index_);
    const Entry* const plain = model_.find(about.key, false);
    const auto found = reader.find(about.key);
    ASSERT_EQ(found.has_value(), plain != nullptr);
    if (plain != nullptr) {
      ASSERT_EQ(*found, plain->reason);
    }
    const Entry* const cut = model_.find(about.key, true);
    const auto found_cut = reader.find_cut(about.key);
    ASSERT_EQ(found_cut.has_value(), cut != nullptr);
    if (cut != nullptr) {
      ASSERT_EQ(found_cut->cut, cut->cut);
      ASSERT_EQ(found_cut->reason, cut->reason);
    }
  }

  SeededRandom random_{GetParam()};
  std::unique_ptr<Index> index_ = make_index(GetParam());
  Model model_;
  std::int64_t second_ = kStart;
  std::uint64_t keys_ = 100;
  WallTime last_wall_{};
  // That all of it has happened, so that this is no test of an empty index.
  struct {
    std::size_t changes, repetitions, purged, clock_fell, most;
  } seen_{};
};

TEST_P(IndexModelTest, AnswersAsTheModelDoes) {
  const std::size_t all = steps();
  for (std::size_t step = 0; step < all; ++step) {
    if (step % 1000 == 0) keys_ = std::uint64_t{1} << (4 + random_.below(18));
    const Entry entry = some_entry();
    ASSERT_NO_FATAL_FAILURE(apply(entry));
    ASSERT_NO_FATAL_FAILURE(compare(entry));
    ASSERT_NO_FATAL_FAILURE(compare(some_entry()));
    if (random_.below(2000) == 0) {
      ASSERT_NO_FATAL_FAILURE(purge());
    }
    ASSERT_EQ(index_->entries(), model_.size());
    if (step % (all / 8) == 0) {
      ASSERT_EQ(index_->digest(), model_.digest());
    }
  }
  EXPECT_EQ(index_->digest(), model_.digest());
  EXPECT_GT(seen_.changes, all / 10);
  EXPECT_GT(seen_.repetitions, all / 100);
  EXPECT_GT(seen_.purged, all / 10);
  EXPECT_GT(seen_.clock_fell, all / 100'000);
  EXPECT_GT(seen_.most, std::min<std::size_t>(all / 10, 70'000U)) << "shards have split";
  std::printf(
      "%zu steps: %zu changed something, %zu were known, %zu entries purged, the clock fell "
      "%zu times, %zu entries at most\n",
      all, seen_.changes, seen_.repetitions, seen_.purged, seen_.clock_fell, seen_.most);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexModelTest, testing::Range(std::uint64_t{1}, kSeeds + 1));

Entry entry_from(std::uint8_t key, std::uint8_t stamp, std::uint16_t until, std::uint8_t reason) {
  Entry entry{
      .key = {key % 4U, 7}, .cut = {}, .until = until, .reason = static_cast<Reason>(reason % 3U)};
  if (key % 2U == 0) entry.cut = Stamp{stamp / 16U, stamp % 16U};
  return entry;
}

using Raw = std::tuple<std::uint8_t, std::uint8_t, std::uint16_t, std::uint8_t>;
std::vector<Entry> entries_from(const std::vector<Raw>& raw) {
  std::vector<Entry> entries;
  for (const Raw& each : raw) entries.push_back(std::apply(entry_from, each));
  return entries;
}

Digest digest_after(const std::vector<Entry>& entries, std::uint64_t secret) {
  const auto index = make_index(secret);
  for (const Entry& entry : entries) RC_ASSERT(index->apply(entry).has_value());
  return index->digest();
}

// Applying is a join: order and repetition do not matter (commutative, associative, idempotent).
RC_GTEST_PROP(IndexJoinTest, OrderAndRepetitionDoNotMatter, (const std::vector<Raw>& raw)) {
  const auto entries = entries_from(raw);
  auto shuffled = entries;
  for (std::size_t i = shuffled.size(); i > 1; --i) {
    std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  shuffled.insert(shuffled.end(), entries.begin(), entries.end());
  RC_ASSERT(digest_after(entries, 1) == digest_after(shuffled, 2));
}

// A snapshot of one part joined with the rest is the whole: (a ⊔ b) ⊔ c = a ⊔ (b ⊔ c).
RC_GTEST_PROP(IndexJoinTest, JoiningASnapshotIsJoiningItsBatches,
              (const std::vector<Raw>& first, const std::vector<Raw>& second)) {
  auto all = entries_from(first);
  const auto b = entries_from(second);
  const auto part = make_index(3);
  for (const Entry& entry : b) RC_ASSERT(part->apply(entry).has_value());
  auto with_snapshot = all;
  part->for_each([&with_snapshot](const Entry& entry) { with_snapshot.push_back(entry); });
  all.insert(all.end(), b.begin(), b.end());
  RC_ASSERT(digest_after(all, 1) == digest_after(with_snapshot, 2));
}

}  // namespace
}  // namespace rescind::revocation
