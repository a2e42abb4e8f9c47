// Key::verify against signatures made here: exact lengths, many keys, many threads, and OpenSSL.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <thread>
#include <vector>

#include "base/random.h"
#include "jwt/base64url.h"
#include "jwt/signing_key.h"

namespace rescind::jwt {
namespace {

TEST(Verify, TakesSignaturesOfTheExactLengthOnly) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256,
                                    Algorithm::kEs384, Algorithm::kEs512, Algorithm::kEdDsa}) {
    SCOPED_TRACE(to_string(algorithm));
    const auto signer = SigningKey::generate(algorithm);
    ASSERT_TRUE(signer.has_value());
    const std::string good = signer->sign("message");
    const Key& key = signer->public_key();
    EXPECT_TRUE(key.verify("message", bytes_of(good)));
    EXPECT_FALSE(key.verify("message", {}));
    EXPECT_FALSE(key.verify("message", bytes_of(good.substr(1))));
    EXPECT_FALSE(key.verify("message", bytes_of(good.substr(0, good.size() - 1))));
    EXPECT_FALSE(key.verify("message", bytes_of(good + '\0')));
    EXPECT_FALSE(key.verify("message", bytes_of('\0' + good)));
    EXPECT_FALSE(key.verify("message", bytes_of(good + good)));
    EXPECT_FALSE(key.verify("message", bytes_of(std::string(good.size(), '\0'))));
    EXPECT_TRUE(key.verify("message", bytes_of(good))) << "a refusal leaves the context usable";
  }
}

TEST(Verify, RefusesAnEcdsaSignatureInDer) {
  const auto signer = SigningKey::generate(Algorithm::kEs256);
  ASSERT_TRUE(signer.has_value());
  const std::string good = signer->sign("message");
  std::string der = "\x30\x44\x02\x20" + good.substr(0, 32) + "\x02\x20" + good.substr(32);
  EXPECT_FALSE(signer->public_key().verify("message", bytes_of(der)));
}

TEST(Verify, VerifiesEd25519AsOpenSslDoes) {
  const auto signer = SigningKey::generate(Algorithm::kEdDsa);
  ASSERT_TRUE(signer.has_value());
  json::Reader reader;
  const auto jwk = reader.parse(signer->public_key().public_jwk(), json::Limits{});
  const std::string x = *base64url_decode(*jwk->find("x")->string());
  EVP_PKEY* const pkey =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x).data(), x.size());
  ASSERT_NE(pkey, nullptr);
  SeededRandom random(11);
  for (int i = 0; i < 200; ++i) {
    std::string message(static_cast<std::size_t>(i), 'm');
    std::string signature = signer->sign(message);
    // Every second one has a flipped bit somewhere.
    if (i % 2 == 1) signature[random.below(64)] ^= static_cast<char>(1U << random.below(8));
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, pkey);
    const bool theirs = EVP_DigestVerify(context, bytes_of(signature).data(), signature.size(),
                                         bytes_of(message).data(), message.size()) == 1;
    EVP_MD_CTX_free(context);
    EXPECT_EQ(signer->public_key().verify(message, bytes_of(signature)), theirs);
    EXPECT_EQ(theirs, i % 2 == 0);
  }
  EVP_PKEY_free(pkey);
}

// A thread keeps a context for the keys that it used last. Keys that come and go, and lie where
// others lay, have to verify their own signatures and no other's.
TEST(Verify, IsNeverTakenForAnEarlierKeyOfTheSamePlace) {
  std::string previous;
  for (int i = 0; i < 100; ++i) {
    const auto signer = SigningKey::generate(Algorithm::kEs256);
    ASSERT_TRUE(signer.has_value());
    const std::string signature = signer->sign("message");
    EXPECT_TRUE(signer->public_key().verify("message", bytes_of(signature)));
    if (!previous.empty()) {
      EXPECT_FALSE(signer->public_key().verify("message", bytes_of(previous)));
    }
    previous = signature;
  }
}

TEST(Verify, VerifiesOnManyThreadsAndWithMoreKeysThanAreKept) {
  struct Signed {
    SigningKey key;
    std::string signature;
  };
  std::vector<Signed> all;
  for (int i = 0; i < 40; ++i) {
    auto key = SigningKey::generate(i % 2 == 0 ? Algorithm::kEs256 : Algorithm::kEdDsa);
    ASSERT_TRUE(key.has_value());
    std::string signature = key->sign("message");
    all.push_back(Signed{*std::move(key), std::move(signature)});
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&all] {
      for (std::size_t i = 0; i < 200; ++i) {
        const Signed& one = all[i % all.size()];
        const Signed& other = all[(i + 2) % all.size()];
        EXPECT_TRUE(one.key.public_key().verify("message", bytes_of(one.signature)));
        EXPECT_FALSE(one.key.public_key().verify("message", bytes_of(other.signature)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rescind::jwt
