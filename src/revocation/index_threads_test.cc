// Readers beside the writer: what was applied before a read began is found, what never was is not,
// and no cut is ever read but one that was written. Meant for the thread sanitizer as well.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "revocation/index.h"

namespace rescind::revocation {
namespace {

using std::chrono::seconds;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RESCIND_SLOW_MACHINE 1
#endif
#endif
#ifdef RESCIND_SLOW_MACHINE
constexpr std::uint64_t kEntries = 40'000;
#else
constexpr std::uint64_t kEntries = 200'000;
#endif
constexpr int kReaders = 2;

std::unique_ptr<Index> make_index() {
  SeededRandom random(5);
  return *Index::create(random, {.initial_entries = 1, .max_entries = 1U << 22U});
}

Key key_number(std::uint64_t n) { return {n * 0x9e3779b97f4a7c15U, n * 0xbf58476d1ce4e5b9U}; }
Key never(std::uint64_t n) { return {n * 0x9e3779b97f4a7c15U, ~(n * 0xbf58476d1ce4e5b9U)}; }

// Runs `read(reader, progress)` again and again on each of the readers' threads until `write` is
// done, and once more after that. `progress` is what the writer says is done, read before.
template <typename Write, typename Read>
void run(const Index& index, const Write& write, const Read& read) {
  std::atomic<std::uint64_t> progress{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([&index, &progress, &done, &read] {
      const Index::Reader reader(index);
      bool last = false;
      while (!last) {
        last = done.load(std::memory_order_acquire);
        read(reader, progress.load(std::memory_order_acquire));
      }
    });
  }
  write(progress);
  done.store(true, std::memory_order_release);
  for (std::thread& thread : threads) thread.join();
}

TEST(IndexThreadsTest, WhatWasAppliedIsFoundThroughAllGrowth) {
  const auto index = make_index();
  std::atomic<std::uint64_t> found{0};
  run(
      *index,
      [&index](std::atomic<std::uint64_t>& progress) {
        for (std::uint64_t n = 1; n <= kEntries; ++n) {
          ASSERT_TRUE(*index->apply({.key = key_number(n), .cut = {}, .until = 1000}));
          progress.store(n, std::memory_order_release);
        }
      },
      [&found](const Index::Reader& reader, std::uint64_t applied) {
        for (std::uint64_t i = 1; i <= 64 && applied > 0; ++i) {
          const std::uint64_t n = 1 + (i * i * 7919 + applied) % applied;
          ASSERT_TRUE(reader.find(key_number(n))) << n << " of " << applied;
          ASSERT_FALSE(reader.find(never(n)));
          found.fetch_add(1, std::memory_order_relaxed);
        }
      });
  EXPECT_GT(found.load(), 0U);
}

TEST(IndexThreadsTest, TheVersionIsSeenNoEarlierThanTheEntry) {
  const auto index = make_index();
  run(
      *index,
      [&index](std::atomic<std::uint64_t>&) {
        for (std::uint64_t n = 1; n <= kEntries; ++n) {
          ASSERT_TRUE(*index->apply({.key = key_number(n), .cut = {}, .until = 1000}));
        }
      },
      [](const Index::Reader& reader, std::uint64_t) {
        const std::uint64_t version = reader.version();  // each apply is one
        if (version > 0) {
          ASSERT_TRUE(reader.find(key_number(version)));
        }
      });
}

// A sweep goes round all the time while entries come, half of them for good: purge, reuse of slots,
// shrinking and merging never hide one that lives.
TEST(IndexThreadsTest, PurgeNeverHidesWhatLives) {
  const auto index = make_index();
  run(
      *index,
      [&index](std::atomic<std::uint64_t>& progress) {
        for (std::uint64_t n = 1; n <= kEntries; ++n) {
          const auto second = static_cast<std::int64_t>(n / 100);
          const bool lasting = n % 8 == 0;
          ASSERT_TRUE(
              *index->apply({.key = key_number(n),
                             .cut = {},
                             .until = lasting ? kForever : static_cast<UntilSeconds>(second) + 8}));
          if (n % 100 == 0) {
            FeedState state = index->state();
            state.freshness.refresh(1, wall_from_seconds(second), BootTime(seconds(second)));
            index->set_state(state);
            index->purge({wall_from_seconds(second), BootTime(seconds(second))}, 1 + n % 3000);
          }
          progress.store(n, std::memory_order_release);
        }
      },
      [](const Index::Reader& reader, std::uint64_t applied) {
        for (std::uint64_t i = 1; i <= 32 && applied >= 8; ++i) {
          const std::uint64_t n = (1 + (i * 104'729 + applied) % (applied / 8)) * 8;
          ASSERT_TRUE(reader.find(key_number(n))) << n << " of " << applied;
          ASSERT_FALSE(reader.find(never(n)));
        }
      });
}

// Each key's cut is written as {r, r·c} with growing r, among others that come and go, so that
// slots are replaced, purged and reused. A reader may see any that was written, and never one older
// than it has seen.
TEST(IndexThreadsTest, ACutIsReadWholeAndNeverFalls) {
  constexpr std::uint64_t kKeys = 50;
  const auto index = make_index();
  const auto number = [](std::uint64_t key, std::uint64_t round) { return round * (key + 1000); };
  run(
      *index,
      [&](std::atomic<std::uint64_t>& progress) {
        for (std::uint64_t n = 0; n < kEntries; ++n) {
          const std::uint64_t key = n % kKeys;
          const std::uint64_t round = n / kKeys + 1;
          ASSERT_TRUE(*index->apply({.key = key_number(key),
                                     .cut = Stamp{round, number(key, round)},
                                     .until = kForever}));
          const auto second = static_cast<std::int64_t>(n / 16);
          ASSERT_TRUE(index->apply({.key = never(n),
                                    .cut = Stamp{~0ULL, n},
                                    .until = static_cast<UntilSeconds>(second)}));
          if (n % 16 == 0) {
            FeedState state = index->state();
            state.freshness.refresh(1, wall_from_seconds(second), BootTime(seconds(second)));
            index->set_state(state);
            index->purge({wall_from_seconds(second), BootTime(seconds(second))}, 500);
          }
          if (key == kKeys - 1) progress.store(round, std::memory_order_release);
        }
      },
      [&](const Index::Reader& reader, std::uint64_t rounds) {
        for (std::uint64_t key = 0; key < kKeys && rounds > 0; ++key) {
          const auto found = reader.find_cut(key_number(key));
          ASSERT_TRUE(found) << key << " in round " << rounds;
          ASSERT_GE(found->cut.term, rounds);
          ASSERT_EQ(found->cut.number, number(key, found->cut.term));
        }
      });
}

TEST(IndexThreadsTest, StateIsReadWholeAndRulesAreReadSafely) {
  const auto index = make_index();
  run(
      *index,
      [&index](std::atomic<std::uint64_t>& progress) {
        for (std::uint64_t n = 1; n <= kEntries; ++n) {
          FeedState state = index->state();
          state.position = {.term = n, .number = n * 3};
          state.head.fill(static_cast<std::uint8_t>(n));
          state.freshness.refresh(1, wall_from_ms(static_cast<std::int64_t>(n)),
                                  BootTime(std::chrono::milliseconds(n)));
          index->set_state(state);
          if (n % 500 == 0) {
            const IssuerRules rules{.issuer = std::to_string(n),
                                    .longest_lifetime = std::chrono::hours(1),
                                    .longest_session = std::chrono::hours(1)};
            ASSERT_TRUE(index->set_rules(std::make_shared<const Rules>(Rules{{rules}})));
          }
          progress.store(n, std::memory_order_release);
        }
      },
      [](const Index::Reader& reader, std::uint64_t written) {
        const FeedState state = reader.state();
        const std::uint64_t term = state.position.term;
        ASSERT_GE(term, written);
        ASSERT_EQ(state.position.number, term * 3);
        for (const std::uint8_t byte : state.head) {
          ASSERT_EQ(byte, static_cast<std::uint8_t>(term));
        }
        if (term > 0) {
          ASSERT_EQ(state.freshness.at(), wall_from_ms(static_cast<std::int64_t>(term)));
        }
        const auto rules = reader.rules();
        if (written >= 500) {
          ASSERT_EQ(rules->issuers.size(), 1U);
          ASSERT_GE(std::stoull(rules->issuers[0].issuer), written / 500 * 500);
        }
      });
}

}  // namespace
}  // namespace rescind::revocation
