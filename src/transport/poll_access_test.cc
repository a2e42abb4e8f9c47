#include "transport/poll_access.h"

#include <gtest/gtest.h>

#include "transport/poll_backoff.h"

namespace rescind::transport {
namespace {

FeedAccess to(std::string url) {
  FeedAccess access;
  access.url = std::move(url);
  return access;
}

TEST(FeedAccess, GoesInTheClearToThisHostAlone) {
  for (const std::string_view url :
       {"https://auth.example/v1/feed", "http://127.0.0.1:8480/v1/feed", "http://localhost/v1/feed",
        "http://[::1]:8480/v1/feed", "poll+https://auth.example/v1/feed",
        "wss://auth.example/v1/feed", "ws://127.0.0.1:8480/v1/feed"}) {
    EXPECT_TRUE(checked(to(std::string(url)))) << url;
  }
  for (const std::string_view url :
       {"http://auth.example/v1/feed", "ws://auth.example/v1/feed", "wss://auth.example/?a=b",
        "http://127.0.0.1.example/v1/feed", "http://10.0.0.1/",
        "https://auth.example/v1/feed?after=0.0", "https://user@auth.example/v1/feed", "ftp://a/b",
        "", "auth.example"}) {
    EXPECT_FALSE(checked(to(std::string(url)))) << url;
  }
  FeedAccess insecure = to("http://auth.internal/v1/feed/");
  insecure.insecure = true;
  const Result<FeedAccess> good = checked(insecure);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->url, "http://auth.internal/v1/feed");
}

TEST(FeedAccess, KnowsWhereTheServerAnswersRequests) {
  const std::pair<const char*, const char*> cases[] = {
      {"wss://auth.example/v1/feed", "https://auth.example/v1/feed"},
      {"ws://[::1]:8480/v1/feed", "http://[::1]:8480/v1/feed"},
      {"poll+https://auth.example/v1/feed", "https://auth.example/v1/feed"},
      {"https://auth.example/v1/feed", "https://auth.example/v1/feed"},
      {"kafka://broker/topic", "kafka://broker/topic"}};
  for (const auto& [url, http] : cases) EXPECT_EQ(http_url(url), http);
  const Result<FeedAccess> good = checked(to("wss://auth.example/v1/feed"));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->url, "https://auth.example/v1/feed");
}

TEST(FeedAccess, SaysWhoItIs) {
  const auto authorization = [](std::string id, std::string secret) -> std::string {
    FeedAccess access = to("https://a/");
    access.client_id = std::move(id);
    access.client_secret = Secret(std::move(secret));
    for (const auto& [name, value] : headers_for(access, "x/y")) {
      if (name == "Authorization") return value;
    }
    return "none";
  };
  EXPECT_EQ(authorization("", "s"), "none");
  // RFC 7617 2, and RFC 6749 2.3.1 for what is not plain.
  EXPECT_EQ(authorization("Aladdin", "opensesame"), "Basic QWxhZGRpbjpvcGVuc2VzYW1l");
  EXPECT_EQ(authorization("a", "b"), "Basic YTpi");
  EXPECT_EQ(authorization("a", "bc"), "Basic YTpiYw==");
  EXPECT_EQ(authorization("a:b", "c"), "Basic YSUzQWI6Yw==");
}

TEST(FeedAccess, TellsErrorsApart) {
  struct Case {
    int status;
    ErrorCode code;
  };
  for (const Case& c : std::initializer_list<Case>{{400, ErrorCode::kInvalid},
                                                   {401, ErrorCode::kUnauthorized},
                                                   {403, ErrorCode::kUnauthorized},
                                                   {404, ErrorCode::kNotFound},
                                                   {409, ErrorCode::kConflict},
                                                   {410, ErrorCode::kGone},
                                                   {413, ErrorCode::kTooLarge},
                                                   {429, ErrorCode::kExhausted},
                                                   {302, ErrorCode::kUnavailable},
                                                   {500, ErrorCode::kUnavailable},
                                                   {503, ErrorCode::kUnavailable}}) {
    net::Response response;
    response.status = c.status;
    EXPECT_EQ(error_of(response).code, c.code) << c.status;
  }
}

TEST(Backoff, DoublesUpToItsLimitAndBeginsAnew) {
  SeededRandom random(1);
  Backoff backoff(random);
  for (int round = 0; round < 2; ++round) {
    Milliseconds full = Backoff::kFirst;
    for (int i = 0; i < 12; ++i) {
      const Milliseconds pause = backoff.next();
      EXPECT_GE(pause, full / 2);
      EXPECT_LE(pause, full);
      full = std::min(Backoff::kLongest, full * 2);
    }
    EXPECT_EQ(full, Backoff::kLongest);
    backoff.reset();
  }
}

}  // namespace
}  // namespace rescind::transport
