#include "net/basic_auth.h"

#include <gtest/gtest.h>

namespace rescind::net {
namespace {

std::string_view behind_scheme(std::string_view value) { return value.substr(6); }

TEST(BasicAuth, ReadsTheExampleOfRfc7617) {
  const auto read = parse_basic("QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, "Aladdin");
  EXPECT_EQ(read->secret.expose(), "open sesame");
}

TEST(BasicAuth, BringsBackWhatItWrote) {
  for (const char* secret : {"", "s", "a:b", "p%w+d", "\xC3\xA9 x", "aaaa", "aaaaa"}) {
    const std::string value = basic_authorization("client:1", secret);
    const auto read = parse_basic(behind_scheme(value));
    ASSERT_TRUE(read.has_value()) << value;
    EXPECT_EQ(read->id, "client:1");
    EXPECT_EQ(read->secret.expose(), secret);
  }
}

TEST(BasicAuth, RefusesWhatIsNoCredential) {
  for (const char* bad : {"", "QWxh", "QW=h", "Q", "QWxhZGRpbjpvcGVuIHNlc2FtZQ", "QWxh ZGRp",
                          "QWxhZGRp\nbjpv", "!!!!", "YTolZ2c="}) {
    EXPECT_FALSE(parse_basic(bad).has_value()) << bad;
  }
  EXPECT_TRUE(parse_basic("YTo=").has_value());
  EXPECT_FALSE(parse_basic(std::string(4100, 'A')).has_value());
}

}  // namespace
}  // namespace rescind::net
