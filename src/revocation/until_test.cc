#include "revocation/until.h"

#include <gtest/gtest.h>

#include <array>

namespace rescind::revocation {
namespace {

TEST(UntilTest, IsRoundedUpToFourSecondsAndNeverDown) {
  struct Case {
    UntilSeconds until;
    UntilSeconds kept;
  };
  constexpr UntilSeconds kLast = UntilSeconds{kUntilForever - 1} * 4;
  for (const Case c :
       {Case{0, 4}, Case{1, 4}, Case{4, 4}, Case{5, 8}, Case{8, 8},
        Case{1'763'800'957, 1'763'800'960}, Case{kLast - 1, kLast}, Case{kLast, kLast},
        Case{kLast + 1, kForever}, Case{UntilSeconds{1} << 40U, kForever},
        Case{kForever - 1, kForever}, Case{kForever, kForever}}) {
    EXPECT_EQ(until_of(pack(c.until, Reason::kRevoked)), c.kept) << c.until;
  }
}

TEST(UntilTest, KeepsTheReason) {
  for (const Reason reason : {Reason::kSignedOut, Reason::kRevoked, Reason::kCompromised}) {
    EXPECT_EQ(reason_of(pack(1000, reason)), reason);
    EXPECT_EQ(reason_of(pack(kForever, reason)), reason);
    EXPECT_NE(pack(0, reason), 0U);
  }
}

TEST(UntilTest, JoinsToTheLaterUntilAndTheGraverReason) {
  const std::array words{pack(4, Reason::kCompromised), pack(8, Reason::kSignedOut),
                         pack(kForever, Reason::kRevoked)};
  EXPECT_EQ(join(words[0], words[1]), pack(8, Reason::kCompromised));
  EXPECT_EQ(join(words[1], words[2]), words[2]);
  for (const auto a : words) {
    EXPECT_EQ(join(a, a), a);
    for (const auto b : words) {
      EXPECT_EQ(join(a, b), join(b, a));
      for (const auto c : words) EXPECT_EQ(join(join(a, b), c), join(a, join(b, c)));
    }
  }
}

TEST(UntilTest, WhatLivesAtThePurgeTimeIsKept) {
  struct Case {
    UntilSeconds until;
    std::int64_t purge_ms;
    bool kept;
  };
  for (const Case c :
       {Case{8, 7'999, true}, Case{8, 8'000, true}, Case{8, 8'001, false}, Case{5, 8'000, true},
        Case{8, 0, true}, Case{8, -1, true}, Case{8, INT64_MIN, true}, Case{8, INT64_MAX, false},
        Case{kForever, INT64_MAX, true}}) {
    EXPECT_EQ(units_of(pack(c.until, Reason::kRevoked)) >= first_kept_unit(c.purge_ms), c.kept)
        << c.until << ' ' << c.purge_ms;
  }
}

}  // namespace
}  // namespace rescind::revocation
