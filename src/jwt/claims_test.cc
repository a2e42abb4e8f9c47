#include "jwt/claims.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/allocations_for_test.h"

namespace rescind::jwt {
namespace {

struct Case {
  std::string more;              // members beside a good `iss`
  std::optional<Reason> reason;  // nothing: accepted
};

std::optional<Reason> refusal(std::string_view payload_text) {
  json::Reader reader;
  const auto payload = read_payload(payload_text, reader);
  if (payload) return std::nullopt;
  return payload.error();
}

void check(const std::vector<Case>& cases) {
  for (const Case& test : cases) {
    EXPECT_EQ(refusal("{\"iss\":\"https://auth.test\"," + test.more + "}"), test.reason)
        << test.more;
  }
}

TEST(ReadPayload, ReadsTheRegisteredClaims) {
  json::Reader reader;
  const auto payload = read_payload(
      R"({"iss":"https://auth.test","sub":"u1","jti":"j1","aud":["a","b"],"exp":1800000300,)"
      R"("nbf":1800000000.5,"iat":1800000000,"sid":"s","fpos":"1.2"})",
      reader);
  ASSERT_TRUE(payload.has_value());
  const RegisteredClaims& claims = payload->claims;
  EXPECT_EQ(claims.issuer, "https://auth.test");
  EXPECT_EQ(claims.subject, "u1");
  EXPECT_EQ(claims.token_id, "j1");
  EXPECT_EQ(claims.expires, 1'800'000'300'000);
  EXPECT_EQ(claims.not_before, 1'800'000'000'500);
  EXPECT_EQ(claims.issued, 1'800'000'000'000);
  ASSERT_TRUE(claims.audience.has_value());
  EXPECT_TRUE(names_audience(*claims.audience, "b"));
  EXPECT_EQ(payload->object.find("sid")->string(), "s");
}

TEST(ReadPayload, LeavesOutWhatIsNotThere) {
  json::Reader reader;
  const auto payload = read_payload(R"({"iss":""})", reader);
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->claims.issuer, "");
  EXPECT_FALSE(payload->claims.subject.has_value());
  EXPECT_FALSE(payload->claims.token_id.has_value());
  EXPECT_FALSE(payload->claims.expires.has_value());
  EXPECT_FALSE(payload->claims.not_before.has_value());
  EXPECT_FALSE(payload->claims.issued.has_value());
  EXPECT_FALSE(payload->claims.audience.has_value());
}

TEST(ReadPayload, TakesDatesThatAreFiniteNumbersUpToTheYear9999) {
  for (const std::string name : {"exp", "nbf", "iat"}) {
    const auto date = [&](std::string_view value, std::optional<Reason> reason) {
      return Case{"\"" + name + "\":" + std::string(value), reason};
    };
    check({date("1800000100", std::nullopt), date("1800000100.5", std::nullopt),
           date("0", std::nullopt), date("-1", std::nullopt), date("1.8e9", std::nullopt),
           date("253402300799", std::nullopt), date("253402300800", Reason::kClaim),
           date("253402300799.5", Reason::kClaim), date("\"1800000100\"", Reason::kClaim),
           date("1e300", Reason::kClaim), date("-1e300", Reason::kClaim),
           date("9223372036854775808", Reason::kClaim), date("9223372036854775807", Reason::kClaim),
           date("1e400", Reason::kJson), date("NaN", Reason::kJson), date("null", Reason::kClaim),
           date("true", Reason::kClaim), date("[]", Reason::kClaim), date("{}", Reason::kClaim)});
  }
}

TEST(ReadPayload, KeepsTheMillisecondsOfADate) {
  struct Date {
    std::string_view text;
    NumericDate ms;
  };
  for (const Date& test : std::vector<Date>{{"1800000100.3", 1'800'000'100'300},
                                            {"1800000100.0004", 1'800'000'100'000},
                                            {"1800000100.9999", 1'800'000'101'000},
                                            {"-0.5", -500},
                                            {"-1", -1000},
                                            {"253402300799", 253'402'300'799'000}}) {
    json::Reader reader;
    const auto payload =
        read_payload(R"({"iss":"i","exp":)" + std::string(test.text) + "}", reader);
    ASSERT_TRUE(payload.has_value()) << test.text;
    EXPECT_EQ(payload->claims.expires, test.ms) << test.text;
  }
}

TEST(ReadPayload, RefusesAnIssuerThatIsNoString) {
  EXPECT_EQ(refusal(R"({"iss":"https://auth.test"})"), std::nullopt);
  for (const std::string_view text :
       {R"({})", R"({"sub":"u"})", R"({"iss":null})", R"({"iss":["https://auth.test"]})",
        R"({"iss":7})", R"({"iss":{"iss":"x"}})"}) {
    EXPECT_EQ(refusal(text), Reason::kClaim) << text;
  }
}

TEST(ReadPayload, TakesTokenIdsOf1To128Bytes) {
  check({{R"("jti":"j")", std::nullopt},
         {"\"jti\":\"" + std::string(128, 'j') + "\"", std::nullopt},
         {"\"jti\":\"" + std::string(129, 'j') + "\"", Reason::kClaim},
         {R"("jti":"")", Reason::kClaim},
         {R"("jti":7)", Reason::kClaim},
         {R"("jti":null)", Reason::kClaim},
         {R"("sub":7)", Reason::kClaim},
         {R"("sub":null)", Reason::kClaim}});
}

TEST(ReadPayload, TakesAudiencesOfStringsOnly) {
  check({{R"("aud":"api")", std::nullopt},
         {R"("aud":["api","other"])", std::nullopt},
         {R"("aud":[])", std::nullopt},
         {R"("aud":["api",7])", Reason::kClaim},
         {R"("aud":[["api"]])", Reason::kClaim},
         {R"("aud":{"api":1})", Reason::kClaim},
         {R"("aud":null)", Reason::kClaim}});
}

TEST(ReadPayload, RefusesControlCharactersInIdentityClaims) {
  for (const std::string name : {"iss", "sub", "jti", "sid", "client_id", "email", "scope"}) {
    const auto payload = [&](std::string_view value) {
      const std::string issuer = name == "iss" ? "" : R"("iss":"i",)";
      return "{" + issuer + "\"" + name + "\":\"" + std::string(value) + "\"}";
    };
    EXPECT_EQ(refusal(payload("Zo\u00eb \u20ac \U0001F600 \u00a0")), std::nullopt) << name;
    for (const std::string_view bad : {R"(a\u0000b)", R"(a\r\nX-Admin: 1)", R"(\u007f)",
                                       R"(a\u0085b)", "\xc2\x80", "\xc2\x9f", R"(\t)"}) {
      EXPECT_EQ(refusal(payload(bad)), Reason::kClaim) << name << bad;
    }
  }
  check({{R"("note":"a\r\nb")", std::nullopt}});
}

TEST(ReadPayload, RefusesWhatIsNoStrictObject) {
  using namespace std::string_literals;
  check({{R"("o":{"a":1,"b":1})", std::nullopt},
         {R"("o":{"a":1,"a":1})", Reason::kJson},
         {R"("sub":"a","s\u0075b":"b")", Reason::kJson},
         {"\"sub\":\"a\0b\""s, Reason::kJson},
         {"\"sub\":\"\xc0\x80\"", Reason::kJson},
         {"\"sub\":\"\xed\xa0\x80\"", Reason::kJson},
         {"\"sub\":\"\xe2\x82\"", Reason::kJson},
         {R"("sub":"\ud800")", Reason::kJson},
         {"\"n\":" + std::string(1900, '9'), Reason::kJson},
         {"\"d\":" + std::string(7, '[') + std::string(7, ']'), std::nullopt},
         {"\"d\":" + std::string(8, '[') + std::string(8, ']'), Reason::kJson},
         {"\"d\":" + std::string(2000, '['), Reason::kJson}});
  EXPECT_EQ(refusal(""), Reason::kJson);
  EXPECT_EQ(refusal("[]"), Reason::kJson);
  EXPECT_EQ(refusal("\"iss\""), Reason::kJson);
  std::string wide = R"({"iss":"i")";
  for (int i = 1; i < 256; ++i) wide += ",\"m" + std::to_string(i) + "\":0";
  EXPECT_EQ(refusal(wide + "}"), std::nullopt);
  EXPECT_EQ(refusal(wide + ",\"m\":0}"), Reason::kJson);
}

TEST(ReadPayload, AllocatesNothingOnceWarm) {
  json::Reader reader;
  constexpr std::string_view kText =
      R"({"iss":"https://auth.test","sub":"a \u00e9 user with a long name","aud":["a"],"exp":18})";
  ASSERT_TRUE(read_payload(kText, reader).has_value());
  const std::size_t before = allocations_of_this_thread();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(read_payload(kText, reader).has_value());
  ASSERT_FALSE(read_payload(R"({"iss":7})", reader).has_value());
  EXPECT_EQ(allocations_of_this_thread(), before);
}

TEST(NamesAudience, ComparesExactly) {
  const auto names = [](std::string_view aud, std::string_view audience) {
    json::Reader reader;
    return names_audience(*reader.parse(aud, json::Limits{}), audience);
  };
  EXPECT_TRUE(names(R"("api")", "api"));
  EXPECT_TRUE(names(R"(["x","api"])", "api"));
  for (const std::string_view aud :
       {R"("API")", R"("api2")", R"("ap")", R"("")", R"([])", R"(["x"])", R"([["api"]])",
        R"({"api":1})", "7", R"("https://api/")"}) {
    EXPECT_FALSE(names(aud, "api")) << aud;
  }
}

}  // namespace
}  // namespace rescind::jwt
