#include "revocation/position.h"

#include <gtest/gtest.h>

namespace rescind::revocation {
namespace {

TEST(PositionTest, ComparesTheTermFirst) {
  EXPECT_LT((Position{1, 900}), (Position{2, 1}));
  EXPECT_LT((Position{2, 1}), (Position{2, 2}));
  EXPECT_EQ((Position{2, 2}), (Position{2, 2}));
  EXPECT_LT(Stamp{}, stamp_of_ms(1));
}

TEST(PositionTest, IsWrittenAndReadBack) {
  const Position largest{~std::uint64_t{0}, ~std::uint64_t{0}};
  for (const Position position :
       {Position{}, Position{1763800000000, 42}, Position{0, 7}, largest}) {
    EXPECT_EQ(parse_position(to_string(position)), position);
  }
  EXPECT_EQ(to_string(Position{1763800000000, 42}), "1763800000000.42");
}

TEST(PositionTest, HasOneSpelling) {
  for (const std::string_view text :
       {"", ".", "1", "1.", ".1", "1.2.3", "01.2", "1.02", "+1.2", "-1.2", "1.-2", " 1.2", "1.2 ",
        "1 .2", "0x1.2", "1e3.2", "1.2\n", "18446744073709551616.1", "1.18446744073709551616"}) {
    EXPECT_EQ(parse_position(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rescind::revocation
