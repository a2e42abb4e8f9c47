#include "authority/browser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::authority {
namespace {

using testing::HasSubstr;
using Fields = std::vector<std::pair<std::string, std::string>>;

net::Request request_with(const Fields& fields) {
  net::Request request;
  for (const auto& [name, value] : fields) request.headers.add(name, value);
  return request;
}

TEST(BrowserTest, FindsTheRefreshCookieAmongOthers) {
  const Fields fields{{"cookie", "a=b; __Host-rescind_refresh=rsr_x; c=d"}};
  EXPECT_EQ(refresh_cookie(request_with(fields))->expose(), "rsr_x");
  EXPECT_TRUE(refresh_cookie(request_with({}))->empty());
  EXPECT_TRUE(refresh_cookie(request_with({{"Cookie", "x__Host-rescind_refresh=1"}}))->empty());
  EXPECT_FALSE(refresh_cookie(
      request_with({{"Cookie", "__Host-rescind_refresh=1; __Host-rescind_refresh=2"}})));
  EXPECT_FALSE(refresh_cookie(request_with(
      {{"Cookie", "__Host-rescind_refresh=1"}, {"Cookie", "__Host-rescind_refresh=1"}})));
}

TEST(BrowserTest, SetsACookieThatNoScriptReadsAndNoOtherSiteSends) {
  const std::string cookie = set_refresh_cookie(Secret("rsr_x"), 60);
  for (const char* part : {"__Host-rescind_refresh=rsr_x;", "Path=/", "Secure", "HttpOnly",
                           "SameSite=Strict", "Max-Age=60"}) {
    EXPECT_THAT(cookie, HasSubstr(part));
  }
  EXPECT_THAT(clear_refresh_cookie(), HasSubstr("Max-Age=0"));
}

TEST(BrowserTest, TellsOwnPagesFromOthers) {
  const std::vector<std::string> origins{"https://auth.example"};
  const std::pair<std::string, std::string> ours{"Origin", "https://auth.example"};
  const std::pair<std::string, std::string> header{"X-Rescind-Request", "1"};
  const struct {
    Fields fields;
    bool own;
  } cases[] = {
      {{ours, header}, true},
      {{ours, header, {"Sec-Fetch-Site", "same-origin"}}, true},
      {{ours, header, {"Sec-Fetch-Site", "cross-site"}}, false},
      {{ours, header, {"Sec-Fetch-Site", "none"}}, false},
      {{ours}, false},
      {{header}, false},
      {{{"Origin", "null"}, header}, false},
      {{{"Origin", "https://evil.example"}, header}, false},
      {{{"Origin", "https://auth.example.evil.example"}, header}, false},
      {{{"Origin", "http://auth.example"}, header}, false},
      {{ours, ours, header}, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(comes_from_own_page(request_with(c.fields), origins), c.own)
        << testing::PrintToString(c.fields);
  }
}

TEST(BrowserTest, TakesTheOriginOfAUrl) {
  EXPECT_EQ(origin_of("https://auth.example/tenant"), "https://auth.example");
  EXPECT_EQ(origin_of("http://127.0.0.1:8480"), "http://127.0.0.1:8480");
  EXPECT_EQ(origin_of("nonsense"), "");
}

}  // namespace
}  // namespace rescind::authority
