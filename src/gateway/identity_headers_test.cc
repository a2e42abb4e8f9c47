#include "gateway/identity_headers.h"

#include <gtest/gtest.h>

namespace rescind::gateway {
namespace {

TEST(IdentityHeaders, AreAllSetAlways) {
  const IdentityHeaders headers;
  Claims claims;
  claims.subject = "u1";
  claims.email = "u@x.test";
  const auto set = headers.of(&claims);
  ASSERT_EQ(set.size(), 5U);
  EXPECT_EQ(set[0], (std::pair<std::string, std::string>("X-User-Id", "u1")));
  EXPECT_EQ(set[1], (std::pair<std::string, std::string>("X-User-Email", "u@x.test")));
  EXPECT_EQ(set[2], (std::pair<std::string, std::string>("X-Session-Id", "")));
  for (const auto& [name, value] : headers.of(nullptr)) EXPECT_EQ(value, "") << name;
}

TEST(IdentityHeaders, KnowTheirTwins) {
  const IdentityHeaders headers;
  for (const char* twin : {"X-User-Id", "x-user-id", "X_User_Id", "x_user-ID"}) {
    EXPECT_TRUE(headers.names(twin)) << twin;
  }
  for (const char* other : {"X-User", "X-User-Idx", "XUser-Id", ""}) {
    EXPECT_FALSE(headers.names(other)) << other;
  }
}

TEST(IdentityHeaders, AreFoundInAConnectionHeader) {
  const IdentityHeaders headers;
  EXPECT_TRUE(headers.named_in_connection("X-User-Id"));
  EXPECT_TRUE(headers.named_in_connection("keep-alive ,\tx_user_id , close"));
  EXPECT_FALSE(headers.named_in_connection("keep-alive, close"));
  EXPECT_FALSE(headers.named_in_connection(""));
  EXPECT_FALSE(headers.named_in_connection(",,"));
}

TEST(IdentityHeaders, RefuseAConfigurationThatCannotWork) {
  EXPECT_TRUE(IdentityHeaders::make({{"Remote-User", "sub"}}).has_value());
  EXPECT_FALSE(IdentityHeaders::make({}).has_value());
  EXPECT_FALSE(IdentityHeaders::make({{"Remote User", "sub"}}).has_value());
  EXPECT_FALSE(IdentityHeaders::make({{"Remote_User", "sub"}}).has_value());
  EXPECT_FALSE(IdentityHeaders::make({{"A", "sub"}, {"a", "sid"}}).has_value());
  EXPECT_FALSE(IdentityHeaders::make({{"A", "password"}}).has_value());
}

TEST(HeaderValue, CannotEndAHeaderNorMakeTwoUsersOne) {
  EXPECT_EQ(header_value("u1"), "u1");
  EXPECT_EQ(header_value("read write"), "read write");
  EXPECT_EQ(header_value("a\r\nX-Admin: 1"), "a%0D%0AX-Admin: 1");
  EXPECT_EQ(header_value("a%0D"), "a%250D");
  EXPECT_EQ(header_value("\xC3\xA9"), "%C3%A9");
  EXPECT_EQ(header_value(" a "), "%20a%20");
  EXPECT_EQ(header_value(std::string_view("\0", 1)), "%00");
}

}  // namespace
}  // namespace rescind::gateway
