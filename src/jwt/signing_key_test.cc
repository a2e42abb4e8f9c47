#include "jwt/signing_key.h"

#include <gtest/gtest.h>

#include <vector>

#include "jwt/base64url.h"
#include "jwt/jws.h"

namespace rescind::jwt {
namespace {

const std::vector<Algorithm> kSigning = {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256,
                                         Algorithm::kEs384, Algorithm::kEs512, Algorithm::kEdDsa};

SigningKey generated(Algorithm algorithm) {
  auto key = SigningKey::generate(algorithm);
  EXPECT_TRUE(key.has_value()) << to_string(algorithm);
  return *std::move(key);
}

TEST(SigningKey, SignsWhatItsPublicHalfVerifies) {
  for (const Algorithm algorithm : kSigning) {
    SCOPED_TRACE(to_string(algorithm));
    const SigningKey key = generated(algorithm);
    EXPECT_EQ(key.algorithm(), algorithm);
    EXPECT_EQ(key.public_key().algorithm(), algorithm);
    EXPECT_EQ(key.key_id(), key.public_key().thumbprint());
    EXPECT_EQ(key.key_id(), key.public_key().key_id());
    // Many times: about one in 128 has a coordinate that begins with a zero octet.
    for (int i = 0; i < (algorithm == Algorithm::kEs256 ? 400 : 8); ++i) {
      const std::string message = "message " + std::to_string(i);
      const std::string signature = key.sign(message);
      EXPECT_TRUE(key.public_key().verify(message, bytes_of(signature)));
      EXPECT_FALSE(key.public_key().verify(message + ".", bytes_of(signature)));
    }
  }
}

TEST(SigningKey, ComesBackFromItsPem) {
  for (const Algorithm algorithm : kSigning) {
    SCOPED_TRACE(to_string(algorithm));
    const SigningKey key = generated(algorithm);
    const auto again = SigningKey::from_pem(key.to_pem(), algorithm);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(again->key_id(), key.key_id());
    EXPECT_EQ(again->public_key().public_jwk(), key.public_key().public_jwk());
    EXPECT_TRUE(key.public_key().verify("m", bytes_of(again->sign("m"))));
  }
}

TEST(SigningKey, RefusesAPemThatDoesNotFit) {
  const Secret p256 = generated(Algorithm::kEs256).to_pem();
  EXPECT_TRUE(SigningKey::from_pem(p256, Algorithm::kEs256).has_value());
  EXPECT_FALSE(SigningKey::from_pem(p256, Algorithm::kEs384).has_value());
  EXPECT_FALSE(SigningKey::from_pem(p256, Algorithm::kRs256).has_value());
  EXPECT_FALSE(SigningKey::from_pem(p256, Algorithm::kEdDsa).has_value());
  EXPECT_FALSE(SigningKey::from_pem(p256, Algorithm::kHs256).has_value());
  EXPECT_FALSE(SigningKey::generate(Algorithm::kHs256).has_value());
}

TEST(SigningKey, RefusesWhatIsNoUnencryptedPkcs8) {
  const Secret good = generated(Algorithm::kEdDsa).to_pem();
  std::string damaged(good.expose());
  damaged[40] = damaged[40] == 'A' ? 'B' : 'A';
  for (const std::string& text :
       {std::string(), std::string("key"), damaged, " " + std::string(good.expose()),
        std::string("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
                    "-----END ENCRYPTED PRIVATE KEY-----\n"),
        std::string(good.expose().substr(0, good.size() / 2))}) {
    EXPECT_FALSE(SigningKey::from_pem(Secret(text), Algorithm::kEdDsa).has_value());
  }
}

TEST(SigningKey, WritesACompactJwsWithThreeHeaderMembers) {
  const SigningKey key = generated(Algorithm::kEdDsa);
  const std::string token = sign_compact(key, "at+jwt", R"({"iss":"i"})");
  const auto parts = split_compact(token);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(base64url_decode(parts->header),
            R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + std::string(key.key_id()) + R"("})");
  EXPECT_EQ(base64url_decode(parts->payload), R"({"iss":"i"})");
  const auto signature = base64url_decode(parts->signature);
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(key.public_key().verify(parts->signing_input, bytes_of(*signature)));
}

TEST(SigningKey, PublishesNothingPrivate) {
  for (const Algorithm algorithm : kSigning) {
    const SigningKey key = generated(algorithm);
    json::Reader reader;
    const auto jwk = reader.parse(key.public_key().public_jwk(), json::Limits{});
    ASSERT_TRUE(jwk.has_value());
    for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "k"}) {
      EXPECT_FALSE(jwk->find(name).has_value());
    }
    EXPECT_EQ(jwk->find("alg")->string(), to_string(algorithm));
    EXPECT_EQ(jwk->find("kid")->string(), key.key_id());
    EXPECT_TRUE(Key::from_jwk(*jwk).has_value());
  }
}

}  // namespace
}  // namespace rescind::jwt
