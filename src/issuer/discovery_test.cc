#include "issuer/discovery.h"

#include <gtest/gtest.h>

namespace rescind::issuer {
namespace {

TEST(Discovery, FetchesByHttpsButForThisHost) {
  for (const std::string_view url :
       {"https://id.example", "https://id.example:8443/realms/main", "http://127.0.0.1:8080/x",
        "http://localhost/x", "http://[::1]:1/x"}) {
    EXPECT_TRUE(check_url(url)) << url;
  }
  for (const std::string_view url :
       {"", "id.example", "http://id.example", "http://169.254.169.254/latest",
        "file:///etc/passwd", "https://user:password@id.example", "https://id.example/#x",
        "http://127.0.0.1.evil.example", "http://localhost.evil.example",
        "http://127.0.0.1@evil.example", "ftp://127.0.0.1/", "https://id.example/a b"}) {
    EXPECT_FALSE(check_url(url)) << url;
  }
}

TEST(Discovery, AppendsTheWellKnownPath) {
  EXPECT_EQ(discovery_url("https://id.example"),
            "https://id.example/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("https://id.example/realms/main"),
            "https://id.example/realms/main/.well-known/openid-configuration");
  EXPECT_EQ(discovery_url("https://id.example/"),
            "https://id.example/.well-known/openid-configuration");
}

TEST(Discovery, FindsTheKeySetOfThisIssuerAlone) {
  const std::string_view issuer = "https://id.example/r";
  const auto document = [](std::string_view named, std::string_view url) {
    return R"({"issuer":")" + std::string(named) + R"(","jwks_uri":")" + std::string(url) +
           R"(","scopes_supported":["openid"]})";
  };
  const Result<std::string> good = key_set_url(document(issuer, "https://keys.example/j"), issuer);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "https://keys.example/j");

  struct Case {
    std::string text;
    std::string_view why;
  };
  for (const Case& c : {
           Case{document("https://id.example/r/", "https://keys.example/j"), "another issuer"},
           Case{document("https://evil.example", "https://keys.example/j"), "another issuer"},
           Case{document(issuer, "http://keys.example/j"), "in the clear"},
           Case{document(issuer, "http://169.254.169.254/j"), "in the clear"},
           Case{document(issuer, "http://127.0.0.1/j"), "loopback"},
           Case{document(issuer, "https://localhost/j"), "loopback"},
           Case{document(issuer, "file:///etc/passwd"), "another scheme"},
           Case{R"({"issuer":"https://id.example/r"})", "no URL"},
           Case{R"({"issuer":"https://id.example/r","jwks_uri":1})", "no text"},
           Case{R"({"jwks_uri":"https://keys.example/j"})", "no issuer"},
           Case{"<html></html>", "no JSON"},
           Case{"[]", "no object"},
           Case{"", "nothing"},
       }) {
    EXPECT_FALSE(key_set_url(c.text, issuer)) << c.why;
  }
  const std::string_view here = "http://127.0.0.1:9000";
  EXPECT_TRUE(key_set_url(document(here, "http://127.0.0.1:9000/j"), here));
}

}  // namespace
}  // namespace rescind::issuer
