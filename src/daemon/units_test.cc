#include "daemon/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace rescind::daemon {
namespace {

TEST(Units, ReadsAndWritesDurations) {
  const struct {
    std::string_view text;
    std::int64_t ms;
    std::string_view written;
  } kCases[] = {{"250ms", 250, "250ms"},   {"1s", 1'000, "1s"},
                {"1000ms", 1'000, "1s"},   {"15m", 900'000, "15m"},
                {"90s", 90'000, "90s"},    {"60m", 3'600'000, "1h"},
                {"24h", 86'400'000, "1d"}, {"30d", 2'592'000'000, "30d"},
                {"0s", 0, "0s"},           {"0d", 0, "0s"}};
  for (const auto& one : kCases) {
    const auto parsed = parse_duration(one.text);
    ASSERT_TRUE(parsed) << one.text;
    EXPECT_EQ(parsed->count(), one.ms) << one.text;
    EXPECT_EQ(duration_text(*parsed), one.written);
  }
}

TEST(Units, RefusesWhatIsNoDuration) {
  for (const std::string_view text :
       {"", "15", "m", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1h30m", "1M", "1sec", "1e3s",
        "0x1s", "99999999999999999999ms", "106751991168d", "18446744073709551615ms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_TRUE(parse_duration("106751991167d"));
}

TEST(Units, ReadsAndWritesSizes) {
  const struct {
    std::string_view text;
    std::uint64_t bytes;
    std::string_view written;
  } kCases[] = {{"512B", 512, "512B"},
                {"1KiB", 1024, "1KiB"},
                {"1024KiB", 1 << 20, "1MiB"},
                {"64MiB", 64 << 20, "64MiB"},
                {"0B", 0, "0B"},
                {"18446744073709551615B", std::numeric_limits<std::uint64_t>::max(),
                 "18446744073709551615B"}};
  for (const auto& one : kCases) {
    const auto parsed = parse_size(one.text);
    ASSERT_TRUE(parsed) << one.text;
    EXPECT_EQ(*parsed, one.bytes) << one.text;
    EXPECT_EQ(size_text(*parsed), one.written);
  }
}

TEST(Units, RefusesWhatIsNoSize) {
  for (const std::string_view text : {"", "64", "64MB", "64M", "64mib", "-1B", "1.5KiB", "KiB",
                                      "18446744073709551616B", "16777216TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
  EXPECT_TRUE(parse_size("16777215TiB"));
}

}  // namespace
}  // namespace rescind::daemon
