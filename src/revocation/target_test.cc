#include "revocation/target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rescind::revocation {
namespace {

using namespace std::string_literals;

Target target(Value value) { return {"https://auth.example", "sub", std::move(value)}; }

TEST(TargetTest, TakesStringsAndIntegersWithinTheirLimits) {
  for (const Value& value :
       {Value("u"), Value(std::string(kMaxValueBytes, 'x')), Value("Zoë 中 😀"),
        Value(std::int64_t{0}), Value(kMaxInteger), Value(-kMaxInteger)}) {
    EXPECT_TRUE(check(target(value))) << to_string(value);
  }
  EXPECT_TRUE(check({std::string(kMaxIssuerBytes, 'i'), std::string(kMaxClaimBytes, 'c'), "v"}));
}

TEST(TargetTest, RefusesWhatIsOverALimit) {
  EXPECT_FALSE(check(target(std::string(kMaxValueBytes + 1, 'x'))));
  EXPECT_FALSE(check(target(kMaxInteger + 1)));
  EXPECT_FALSE(check(target(-kMaxInteger - 1)));
  EXPECT_FALSE(check({std::string(kMaxIssuerBytes + 1, 'i'), "sub", "v"}));
  EXPECT_FALSE(check({"i", std::string(kMaxClaimBytes + 1, 'c'), "v"}));
}

TEST(TargetTest, RefusesEmptyPartsControlCharactersAndWhatIsNotUtf8) {
  const std::vector<std::string> texts{
      ""s,
      "a\0b"s,
      "a\nb"s,
      "\x7f"s,
      "\x80"s,
      "\xc0\x80"s,
      "\xc1\xbf"s,
      "\xc3"s,
      "\xc3("s,
      "\xe0\x9f\xbf"s,
      "\xed\xa0\x80"s,
      "\xe4\xb8"s,
      "\xf0\x8f\xbf\xbf"s,
      "\xf4\x90\x80\x80"s,
      "\xf5\x80\x80\x80"s,
      "\xff"s,
  };
  for (const std::string& text : texts) {
    EXPECT_FALSE(check(target(text))) << text;
    EXPECT_FALSE(check({text, "sub", "v"})) << text;
    EXPECT_FALSE(check({"i", text, "v"})) << text;
  }
}

TEST(TargetTest, AnIssuerTargetNamesItsOwnIssuer) {
  EXPECT_TRUE(check({"https://a", "iss", "https://a"}));
  EXPECT_FALSE(check({"https://a", "iss", "https://b"}));
  EXPECT_FALSE(check({"1", "iss", std::int64_t{1}}));
}

TEST(TargetTest, OnlySingleTokensSessionsAndKeysHaveNoCut) {
  for (const auto name : {claim::kTokenId, claim::kSession, claim::kKeyId}) {
    EXPECT_FALSE(has_cut(name));
  }
  for (const std::string_view name : {"sub", "client_id", "iss", "tenant", "SID", ""}) {
    EXPECT_TRUE(has_cut(name));
  }
}

TEST(KeyTest, TellsTypesAndBordersApart) {
  const std::vector<Key> keys{
      key_of("i", "sub", "42"),
      key_of("i", "sub", std::int64_t{42}),
      key_of("i", "sub", std::int64_t{-42}),
      key_of("i", "su", "b42"),
      key_of("is", "ub", "42"),
      key_of("i", "jti", "42"),
      key_of("j", "sub", "42"),
      key_of("i", "sub", ""),
  };
  for (std::size_t a = 0; a < keys.size(); ++a) {
    for (std::size_t b = a + 1; b < keys.size(); ++b) EXPECT_NE(keys[a], keys[b]) << a << ' ' << b;
  }
}

TEST(KeyTest, IsTheSameForATargetAndItsParts) {
  EXPECT_EQ(key_of(target("u")), key_of("https://auth.example", "sub", "u"));
  EXPECT_EQ(key_of(target(std::int64_t{7})),
            key_of("https://auth.example", "sub", std::int64_t{7}));
}

}  // namespace
}  // namespace rescind::revocation
