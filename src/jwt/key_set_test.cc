#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/secret.h"
#include "jwt/key.h"

namespace rescind::jwt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kPoint =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";

std::string ec(std::string_view more) {
  return "{" + std::string(kPoint) + std::string(more) + "}";
}

std::string set_of(const std::vector<std::string>& jwks) {
  std::string text;
  for (const std::string& jwk : jwks) text += (text.empty() ? "" : ",") + jwk;
  return "{\"keys\":[" + text + "]}";
}

KeySet::Parsed parsed(const std::string& jwks) {
  auto result = KeySet::parse(jwks);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
  return *std::move(result);
}

TEST(KeySet, FindsAKeyByItsId) {
  const auto [keys, skipped] = parsed(set_of({ec(R"(,"kid":"a")"), ec(R"(,"kid":"b")")}));
  EXPECT_THAT(skipped, ElementsAre());
  ASSERT_NE(keys.find("a"), nullptr);
  EXPECT_EQ(keys.find("a")->key_id(), "a");
  EXPECT_EQ(keys.find("b")->key_id(), "b");
  for (const std::string_view other : {"", "A", "a ", "ab", "c"}) {
    EXPECT_EQ(keys.find(other), nullptr) << other;
  }
  EXPECT_EQ(keys.find(std::nullopt), nullptr) << "two keys, and none is named";
}

TEST(KeySet, FindsTheOnlyKeyWhereTheTokenNamesNone) {
  const auto nameless = parsed(set_of({ec("")}));
  EXPECT_NE(nameless.keys.find(std::nullopt), nullptr);
  EXPECT_EQ(nameless.keys.find(""), nullptr) << "an empty id names nothing";
  EXPECT_EQ(nameless.keys.find("a"), nullptr);
  const auto named = parsed(set_of({ec(R"(,"kid":"a")")}));
  EXPECT_NE(named.keys.find(std::nullopt), nullptr);
  EXPECT_EQ(KeySet().find(std::nullopt), nullptr);
}

TEST(KeySet, LeavesOutWhatItCannotUseAndSaysWhy) {
  const auto [keys, skipped] = parsed(set_of({
      ec(R"(,"kid":"good")"),
      ec(R"(,"kid":"enc","use":"enc")"),
      ec(R"(,"kid":"ops","key_ops":["encrypt"])"),
      R"({"kty":"oct","kid":"secret","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","alg":"HS256"})",
      R"({"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"})",
      R"({"kty":"EC","kid":"short","crv":"P-256","x":"AAAA","y":"AAAA"})",
      R"({"kty":"LATTICE","kid":"new"})",
      R"("text")",
      R"({"kty":"EC","kid":"a\nb"})",
  }));
  ASSERT_EQ(keys.keys().size(), 1U);
  EXPECT_NE(keys.find("good"), nullptr);
  EXPECT_THAT(skipped,
              ElementsAre(HasSubstr("key enc: "), HasSubstr("key ops: "),
                          HasSubstr("key secret: is a shared secret"),
                          HasSubstr("key weak: RSA modulus has 17 bits"),
                          "key short: coordinate x has 3 bytes, not 32", HasSubstr("key new: "),
                          HasSubstr("key number 8: "), HasSubstr("key number 9: ")));
}

TEST(KeySet, RefusesBothKeysOfOneId) {
  const auto [keys, skipped] =
      parsed(set_of({ec(R"(,"kid":"twin")"), ec(R"(,"kid":"other")"), ec(R"(,"kid":"twin")")}));
  EXPECT_EQ(keys.find("twin"), nullptr);
  EXPECT_NE(keys.find("other"), nullptr);
  EXPECT_EQ(skipped.size(), 2U);
  // Also where the twin is one that would be refused by itself.
  const auto weak = parsed(
      set_of({ec(R"(,"kid":"twin")"), R"({"kty":"RSA","kid":"twin","n":"AQAB","e":"AQAB"})"}));
  EXPECT_EQ(weak.keys.find("twin"), nullptr);
  // A key for encryption is no rival.
  const auto encryption =
      parsed(set_of({ec(R"(,"kid":"twin")"), ec(R"(,"kid":"twin","use":"enc")")}));
  EXPECT_NE(encryption.keys.find("twin"), nullptr);
}

TEST(KeySet, IsAmbiguousWhereItWasMadeOfTwins) {
  std::vector<Key> keys;
  for (const char fill : {'a', 'b'}) {
    keys.push_back(*Key::from_secret("twin", Algorithm::kHs256, Secret(std::string(32, fill))));
  }
  EXPECT_EQ(KeySet(std::move(keys)).find("twin"), nullptr);
}

TEST(KeySet, RefusesWhatIsNoKeySet) {
  EXPECT_TRUE(KeySet::parse(R"({"keys":[]})").has_value());
  for (const std::string_view text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":null})",
                                      "<html>", R"({"keys":[],"keys":[]})", R"({"keys":[)"}) {
    EXPECT_FALSE(KeySet::parse(text).has_value()) << text;
  }
}

TEST(KeySet, HoldsItsLimitsAndRefusesOnePastThem) {
  std::vector<std::string> jwks;
  for (int i = 0; i < 64; ++i) jwks.push_back(ec(",\"kid\":\"k" + std::to_string(i) + "\""));
  EXPECT_EQ(parsed(set_of(jwks)).keys.keys().size(), 64U);
  jwks.push_back(ec(R"(,"kid":"k64")"));
  EXPECT_EQ(KeySet::parse(set_of(jwks)).error().code, ErrorCode::kTooLarge);
  std::string wide = set_of({ec(R"(,"kid":"k")")});
  wide.append((std::size_t{512} << 10U) - wide.size(), ' ');
  EXPECT_TRUE(KeySet::parse(wide).has_value());
  EXPECT_EQ(KeySet::parse(wide + ' ').error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace rescind::jwt
