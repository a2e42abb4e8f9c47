#include "strategy/denylist.h"

#include <gtest/gtest.h>

namespace rescind::strategy {
namespace {

using revocation::Reason;

TEST(Denylist, NamesAnEntryByItsKey) {
  EXPECT_EQ(denylist_key("rescind.default", {0xab, 1}),
            "rescind.default:00000000000000ab0000000000000001");
  EXPECT_EQ(denylist_state_key("d"), "d:state");
  EXPECT_EQ(denylist_rules_key("d"), "d:rules");
  EXPECT_EQ(denylist_whole_key("d"), "d:whole");
}

TEST(Denylist, WritesAndReadsValues) {
  const DenylistValue plain{.reason = Reason::kSignedOut, .until = 1'763'800'960, .cut = {}};
  EXPECT_EQ(to_string(plain), "0 00000000001763800960");
  EXPECT_EQ(parse_denylist_value(to_string(plain)), plain);
  const DenylistValue cut{.reason = Reason::kCompromised,
                          .until = revocation::kForever,
                          .cut = revocation::Stamp{1'763'800'000'000, 42}};
  EXPECT_EQ(to_string(cut), "2 18446744073709551615 00000001763800000000.00000000000000000042");
  EXPECT_EQ(parse_denylist_value(to_string(cut)), cut);
}

TEST(Denylist, ALargerNumberIsALaterText) {
  const auto text = [](revocation::UntilSeconds until) {
    return to_string(DenylistValue{.reason = Reason::kRevoked, .until = until, .cut = {}});
  };
  EXPECT_LT(text(9), text(10));
  EXPECT_LT(text(99'999), text(1'763'800'960));
  EXPECT_LT(text(revocation::kForever - 1), text(revocation::kForever));
}

TEST(Denylist, TakesNoOtherValues) {
  const std::string good = "1 00000000001763800960 00000001763800000000.00000000000000000042";
  ASSERT_TRUE(parse_denylist_value(good));
  for (const std::string& bad :
       {std::string(), std::string("1"), good + " ", good.substr(0, good.size() - 1),
        "3" + good.substr(1), "-" + good.substr(1), std::string("1 0000000000176380096x"),
        std::string("1_00000000001763800960"), std::string("1 99999999999999999999"),
        std::string("1 00000000001763800960 00000001763800000000_00000000000000000042"),
        std::string("1 -0000000001763800960")}) {
    EXPECT_FALSE(parse_denylist_value(bad)) << bad;
  }
}

TEST(Denylist, WritesAndReadsItsState) {
  const DenylistState state{.position = {1'763'800'000'000, 42},
                            .at = wall_from_ms(1'763'800'012'123),
                            .purge = wall_from_ms(1'763'800'010'000),
                            .rules = "abc"};
  const auto read = parse_denylist_state(to_json(state));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, state);
  for (const char* bad : {"", "[]", "{}", R"({"v":2,"position":"1.2","at":1,"purge":1,"rules":""})",
                          R"({"v":1,"position":"1","at":1,"purge":1,"rules":""})",
                          R"({"v":1,"position":"1.2","purge":1,"rules":""})",
                          R"({"v":1,"position":"1.2","at":"1","purge":1,"rules":""})",
                          R"({"v":1,"position":"1.2","at":1,"purge":1})"}) {
    const auto refused = parse_denylist_state(bad);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace rescind::strategy
