#include "revocation/lanes.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"

namespace rescind::revocation {
namespace {

TEST(LanesTest, FindsEveryEqualLaneAndNoOther) {
  SeededRandom random(3);
  for (int round = 0; round < 2000; ++round) {
    alignas(32) std::uint64_t words[Lanes::kWords] = {};
    Lanes lanes(words);
    std::array<std::uint16_t, Lanes::kCount> values{};
    // Neighbours that carry or borrow: 0, 1, 0x7fff, 0x8000, 0xffff, and whatever.
    constexpr std::array<std::uint16_t, 6> kEdges{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    for (std::uint32_t i = 0; i < Lanes::kCount; ++i) {
      values[i] = random.below(4) == 0 ? static_cast<std::uint16_t>(random.next_u64())
                                       : kEdges[random.below(kEdges.size())];
      lanes.set(i, values[i], std::memory_order_relaxed);
    }
    const auto more = static_cast<std::uint32_t>(random.next_u64());
    lanes.set_more(more);
    for (const std::uint16_t wanted :
         {kEdges[random.below(kEdges.size())], values[random.below(14)]}) {
      std::uint32_t mask = 0;
      for (std::uint32_t i = 0; i < Lanes::kCount; ++i) {
        mask |= static_cast<std::uint32_t>(values[i] == wanted) << i;
      }
      const auto match = lanes.match(wanted);
      EXPECT_EQ(match.lanes, mask);
      EXPECT_EQ(lanes.by_words(wanted), mask);
      EXPECT_EQ(match.more, more);
    }
    for (std::uint32_t i = 0; i < Lanes::kCount; ++i) EXPECT_EQ(lanes.get(i), values[i]);
  }
}

}  // namespace
}  // namespace rescind::revocation
