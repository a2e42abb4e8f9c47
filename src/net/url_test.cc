#include "net/url.h"

#include <gtest/gtest.h>

#include <vector>

namespace rescind::net {
namespace {

TEST(Url, ReadsItsParts) {
  const auto url = Url::parse("HTTPS://Example.ORG:8443/a/b?c=d/e?f");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->https);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b?c=d/e?f");
  EXPECT_EQ(url->authority(), "example.org:8443");
  EXPECT_EQ(url->to_string(), "https://example.org:8443/a/b?c=d/e?f");
}

TEST(Url, FillsInWhatIsLeftOut) {
  const auto plain = Url::parse("http://a");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->https);
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->target, "/");
  EXPECT_EQ(plain->authority(), "a");
  EXPECT_EQ(Url::parse("https://a")->port, 443);
  EXPECT_EQ(Url::parse("https://a:443")->authority(), "a");
  EXPECT_EQ(Url::parse("http://a?b")->target, "/?b");
}

TEST(Url, ReadsIpv6Addresses) {
  const auto url = Url::parse("http://[2001:DB8::1]:81/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, 81);
  EXPECT_EQ(url->authority(), "[2001:db8::1]:81");
  EXPECT_EQ(Url::parse("http://[::1]")->authority(), "[::1]");
}

TEST(Url, RefusesWhatIsNoHttpUrl) {
  const std::vector<const char*> wrong = {
      "",
      "a",
      "//a",
      "ftp://a",
      "http:/a",
      "http://",
      "http:///a",
      "http://a b",
      "http://a/b c",
      "http://a/\xC3\xA4",
      "http://a/\n",
      "http://a\\b",
      "http://a/#b",
      "http://u@a",
      "http://u:p@a",
      "http://a:",
      "http://a:0",
      "http://a:65536",
      "http://a:+80",
      "http://a:80x",
      "http://a%41",
      "http://[::1",
      "http://[a]",
      "http://[::1]x",
      "http://::1",
      "http://a[b",
  };
  for (const char* text : wrong) EXPECT_FALSE(Url::parse(text)) << text;
}

TEST(Url, KnowsLoopbackAddresses) {
  for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"128.0.0.1", "localhost.example.org", "::2", "127.0.0.1.example.org"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace rescind::net
