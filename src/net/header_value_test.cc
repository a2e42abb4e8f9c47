#include "net/header_value.h"

#include <gtest/gtest.h>

#include "net/http.h"

namespace rescind::net {
namespace {

TEST(HeaderValue, ReadsAuthorizationInAnyCase) {
  for (const char* text : {"Bearer abc", "bearer abc", "BEARER abc", "Bearer   abc"}) {
    const auto credentials = parse_authorization(text);
    ASSERT_TRUE(credentials) << text;
    EXPECT_TRUE(equal_ignoring_case(credentials->scheme, "bearer"));
    EXPECT_EQ(credentials->value, "abc");
    EXPECT_EQ(bearer_token(text), "abc");
  }
  EXPECT_EQ(parse_authorization("Basic QTpi")->scheme, "Basic");
  EXPECT_EQ(bearer_token("Basic QTpi"), std::nullopt);
}

TEST(HeaderValue, RefusesAuthorizationOfTwoReadings) {
  for (const char* text : {"", "Bearer", "Bearer ", " abc", "Bearer\tabc", "Bearer a b",
                           "Basic x, Bearer y", "Bea@rer abc", "Bearer a\tb", "Bearer a\x80"}) {
    EXPECT_FALSE(parse_authorization(text)) << text;
  }
}

TEST(HeaderValue, TakesTokensOfTheBearerAlphabetAlone) {
  EXPECT_EQ(bearer_token("Bearer a-._~+/9=="), "a-._~+/9==");
  for (const char* text : {"Bearer a,b", "Bearer =", "Bearer a=b", "Bearer \"a\"", "Bearer a%41"}) {
    EXPECT_FALSE(bearer_token(text)) << text;
  }
}

TEST(HeaderValue, ComparesMediaTypes) {
  for (const char* text :
       {"application/json", "Application/JSON", " application/json ;a=b",
        "application/json; charset=UTF-8", "application/json;charset=\"utf-8\""}) {
    EXPECT_TRUE(is_media_type(text, "application/json")) << text;
  }
  for (const char* text : {"", "application/jsonx", "application", "text/json",
                           "application/json; charset=latin1", "application/json, text/html"}) {
    EXPECT_FALSE(is_media_type(text, "application/json")) << text;
  }
}

TEST(HeaderValue, SearchesCommaLists) {
  EXPECT_TRUE(list_contains("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(list_contains("close", "close"));
  EXPECT_FALSE(list_contains("closed", "close"));
  EXPECT_FALSE(list_contains("", "close"));
}

TEST(HeaderValue, FindsHeadersWhateverTheirCase) {
  Headers headers;
  headers.add("A", "1");
  headers.add("b", "2");
  headers.add("a", "3");
  EXPECT_EQ(headers.find("a"), "1");
  EXPECT_EQ(headers.count("a"), 2);
  EXPECT_EQ(headers.find("B"), "2");
  EXPECT_EQ(headers.find("c"), std::nullopt);
}

TEST(Request, ReadsAFormBodyOnlyWhereItSaysSo) {
  Request request{.body = "a=b"};
  EXPECT_FALSE(request.body_form());
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  ASSERT_TRUE(request.body_form());
  EXPECT_EQ(request.body_form()->find("a"), "b");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_FALSE(request.body_form());
}

}  // namespace
}  // namespace rescind::net
