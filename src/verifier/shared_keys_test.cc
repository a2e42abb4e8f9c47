#include "verifier/shared_keys.h"

#include <gtest/gtest.h>

#include "jwt/signing_key.h"

namespace rescind::verifier {
namespace {

std::shared_ptr<const jwt::KeySet> keys_of(std::initializer_list<const jwt::SigningKey*> keys) {
  std::string jwks;
  for (const jwt::SigningKey* key : keys) {
    jwks += (jwks.empty() ? "" : ",") + key->public_key().public_jwk();
  }
  auto parsed = jwt::KeySet::parse("{\"keys\":[" + jwks + "]}");
  return std::make_shared<const jwt::KeySet>(std::move(parsed->keys));
}

TEST(SharedKeys, ComeBackAsTheyWere) {
  const auto ec = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  const auto rsa = *jwt::SigningKey::generate(jwt::Algorithm::kPs256);
  const auto okp = *jwt::SigningKey::generate(jwt::Algorithm::kEdDsa);
  const TrustedIssuers issuers({{.issuer = "https://a.test", .keys = keys_of({&ec, &rsa})},
                                {.issuer = "https://b.test/\"x", .keys = keys_of({&okp})},
                                {.issuer = "https://none.test", .keys = keys_of({})}});
  const auto shared = parse_shared_keys(shared_keys_of(issuers));
  ASSERT_TRUE(shared) << shared.error().message;
  ASSERT_EQ(shared->size(), 3U);
  for (std::size_t i = 0; i < shared->size(); ++i) {
    const TrustedIssuer& before = issuers.all()[i];
    EXPECT_EQ((*shared)[i].issuer, before.issuer);
    ASSERT_EQ((*shared)[i].keys->keys().size(), before.keys->keys().size());
    for (std::size_t k = 0; k < before.keys->keys().size(); ++k) {
      const jwt::Key& key = (*shared)[i].keys->keys()[k];
      EXPECT_EQ(key.public_jwk(), before.keys->keys()[k].public_jwk());
      EXPECT_EQ(key.algorithm(), before.keys->keys()[k].algorithm());
      EXPECT_EQ(key.key_id(), before.keys->keys()[k].key_id());
    }
  }
  const std::string input = "e30.e30";
  const std::string signature = rsa.sign(input);
  EXPECT_TRUE((*shared)[0].keys->find(rsa.key_id())->verify(input, bytes_of(signature)));
}

TEST(SharedKeys, NeverHaveASecret) {
  const Secret secret("0123456789abcdef0123456789abcdef");
  std::vector<jwt::Key> keys;
  keys.push_back(*jwt::Key::from_secret("hs-1", jwt::Algorithm::kHs256, secret));
  const std::string text = shared_keys_of(TrustedIssuers(
      {{.issuer = "https://a.test", .keys = std::make_shared<jwt::KeySet>(std::move(keys))}}));
  EXPECT_EQ(text, R"({"version":1,"issuers":[{"issuer":"https://a.test","jwks":{"keys":[]}}]})");
  const auto shared = parse_shared_keys(text);
  ASSERT_TRUE(shared);
  EXPECT_TRUE(shared->front().keys->keys().empty());
}

TEST(SharedKeys, OfNobodyAreAnEmptyText) {
  const auto shared = parse_shared_keys("");
  ASSERT_TRUE(shared);
  EXPECT_TRUE(shared->empty());
}

TEST(SharedKeys, LeaveOutAKeyThatCannotBeUsed) {
  const auto key = *jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  const auto shared = parse_shared_keys(
      R"({"version":1,"issuers":[{"issuer":"i","jwks":{"keys":[{"kty":"ML-DSA"},)" +
      key.public_key().public_jwk() + "]}}]}");
  ASSERT_TRUE(shared);
  ASSERT_EQ(shared->front().keys->keys().size(), 1U);
  EXPECT_EQ(shared->front().keys->keys().front().key_id(), key.key_id());
}

TEST(SharedKeys, RefuseWhatIsNone) {
  const auto with_issuers = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += std::string(i == 0 ? "" : ",") + R"({"issuer":"i","jwks":{"keys":[]}})";
    }
    return R"({"version":1,"issuers":[)" + text + "]}";
  };
  const auto with_keys = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "{}" : ",{}";
    return R"({"version":1,"issuers":[{"issuer":"i","jwks":{"keys":[)" + text + "]}}]}";
  };
  EXPECT_TRUE(parse_shared_keys(with_issuers(256)));
  EXPECT_TRUE(parse_shared_keys(with_keys(64)));
  for (const std::string& bad :
       {with_issuers(257), with_keys(65), std::string("{"), std::string("[]"), std::string("{}"),
        std::string(R"({"version":2,"issuers":[]})"), std::string(R"({"version":1})"),
        std::string(R"({"version":1,"issuers":{}})"),
        std::string(R"({"version":1,"issuers":[{"issuer":1,"jwks":{"keys":[]}}]})"),
        std::string(R"({"version":1,"issuers":[{"issuer":"i","jwks":[]}]})")}) {
    const auto shared = parse_shared_keys(bad);
    ASSERT_FALSE(shared) << bad.substr(0, 80);
    EXPECT_EQ(shared.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace rescind::verifier
