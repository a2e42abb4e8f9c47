// Bare signatures: Wycheproof's ECDSA (P1363), EdDSA, RSA and HMAC files.

#include <gtest/gtest.h>

#include "jwt/base64url.h"
#include "jwt/signing_key.h"
#include "vectors.h"

namespace rescind::conformance {
namespace {

using jwt::Algorithm;
using jwt::base64url_encode;
using jwt::Key;

// Nothing where the key itself is refused.
std::optional<Key> key_from(const std::string& jwk, Algorithm fallback = Algorithm::kRs256) {
  json::Reader reader;
  auto key = Key::from_jwk(*reader.parse(jwk, {}), fallback);
  if (!key) return std::nullopt;
  return *std::move(key);
}

bool verifies(const std::optional<Key>& key, json::Value test) {
  return key && key->verify(hex_bytes(test, "msg"), bytes_of(hex_bytes(test, "sig")));
}

// `acceptable` (an RSA signature without the NULL of its digest's parameters) is refused.
template <typename KeyOf>
void run(const std::filesystem::path& file, KeyOf key_of, Tally& tally) {
  const Document document(file);
  for (auto group = member(document.root(), "testGroups").first(); group; group = group->next()) {
    const std::optional<Key> key = key_of(*group);
    for (auto test = member(*group, "tests").first(); test; test = test->next()) {
      tally.count(integer(*test, "tcId"), text(*test, "result") == "valid", verifies(key, *test));
    }
  }
}

std::optional<Key> ec_key(json::Value group, std::string_view curve) {
  const std::string point = hex_bytes(member(group, "publicKey"), "uncompressed").substr(1);
  json::Writer jwk;
  jwk.object().member("kty", "EC").member("crv", curve);
  jwk.member("x", base64url_encode(point.substr(0, point.size() / 2)));
  jwk.member("y", base64url_encode(point.substr(point.size() / 2))).end();
  return key_from(jwk.text());
}

std::optional<Key> rsa_key(json::Value group, Algorithm algorithm) {
  const json::Value numbers = member(group, "publicKey");
  json::Writer jwk;
  jwk.object().member("kty", "RSA");
  jwk.member("n", base64url_encode(hex_bytes(numbers, "modulus")));
  jwk.member("e", base64url_encode(hex_bytes(numbers, "publicExponent"))).end();
  return key_from(jwk.text(), algorithm);
}

std::filesystem::path wycheproof(const std::filesystem::path& folder, const std::string& name) {
  return folder / "wycheproof/testvectors_v1" / (name + "_test.json");
}

TEST(WycheproofEcdsa, AgreesInAll) {
  REQUIRE_VECTORS(folder);
  struct Case {
    std::string file;
    std::string_view curve;
    int tests;
  };
  for (const Case& test : std::vector<Case>{{"ecdsa_secp256r1_sha256_p1363", "P-256", 262},
                                            {"ecdsa_secp384r1_sha384_p1363", "P-384", 280},
                                            {"ecdsa_secp521r1_sha512_p1363", "P-521", 318}}) {
    Tally tally("Wycheproof " + test.file);
    run(
        wycheproof(*folder, test.file),
        [&](json::Value group) { return ec_key(group, test.curve); }, tally);
    EXPECT_EQ(tally.agree(), test.tests);
    EXPECT_EQ(tally.differ(), std::vector<std::int64_t>{});
  }
}

TEST(WycheproofEcdsa, RefusesEveryKeyOfACurveThatIsNotOurs) {
  REQUIRE_VECTORS(folder);
  const Document file(wycheproof(*folder, "ecdsa_secp256k1_sha256_p1363"));
  int refused = 0;
  for (auto group = member(file.root(), "testGroups").first(); group; group = group->next()) {
    EXPECT_FALSE(ec_key(*group, "secp256k1").has_value());
    EXPECT_FALSE(ec_key(*group, "P-256").has_value()) << "no point of P-256";
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST(WycheproofEdDsa, AgreesInAll) {
  REQUIRE_VECTORS(folder);
  Tally tally("Wycheproof ed25519");
  run(
      wycheproof(*folder, "ed25519"),
      [](json::Value group) {
        json::Writer jwk;
        jwk.object().member("kty", "OKP").member("crv", "Ed25519");
        jwk.member("x", base64url_encode(hex_bytes(member(group, "publicKey"), "pk"))).end();
        return key_from(jwk.text());
      },
      tally);
  EXPECT_EQ(tally.agree(), 151);
  EXPECT_EQ(tally.differ(), std::vector<std::int64_t>{});
}

TEST(WycheproofRsa, AgreesInAll) {
  REQUIRE_VECTORS(folder);
  int tests = 0;
  for (const std::string size : {"2048", "3072", "4096"}) {
    for (const std::string hash : {"256", "384", "512"}) {
      const std::string name = "rsa_signature_" + size + "_sha" + hash;
      const Algorithm algorithm = *jwt::algorithm_named("RS" + hash);
      Tally tally("Wycheproof " + name);
      run(
          wycheproof(*folder, name), [&](json::Value group) { return rsa_key(group, algorithm); },
          tally);
      EXPECT_EQ(tally.differ(), std::vector<std::int64_t>{});
      tests += tally.agree();
    }
  }
  EXPECT_EQ(tests, 2330);
}

TEST(WycheproofPss, AgreesInAll) {
  REQUIRE_VECTORS(folder);
  const std::vector<std::pair<std::string, Algorithm>> files = {
      {"rsa_pss_2048_sha256_mgf1_32", Algorithm::kPs256},
      {"rsa_pss_2048_sha384_mgf1_48", Algorithm::kPs384},
      {"rsa_pss_3072_sha256_mgf1_32", Algorithm::kPs256},
      {"rsa_pss_4096_sha384_mgf1_48", Algorithm::kPs384},
      {"rsa_pss_4096_sha512_mgf1_64", Algorithm::kPs512}};
  for (const auto& [name, algorithm] : files) {
    Tally tally("Wycheproof " + name);
    run(
        wycheproof(*folder, name),
        [own = algorithm](json::Value group) { return rsa_key(group, own); }, tally);
    EXPECT_GT(tally.agree(), 0);
    EXPECT_EQ(tally.differ(), std::vector<std::int64_t>{});
  }
}

// Signatures that are good under other parameters: RFC 7518 3.5 leaves one choice for each hash.
TEST(WycheproofPss, AcceptsNoOtherHashMaskOrSaltLength) {
  REQUIRE_VECTORS(folder);
  const Document file(wycheproof(*folder, "rsa_pss_misc"));
  Tally tally("Wycheproof rsa_pss_misc (three of 150 have JOSE's parameters)");
  for (auto group = member(file.root(), "testGroups").first(); group; group = group->next()) {
    const std::string hash = text(*group, "sha");
    const std::string size = hash.substr(hash.find('-') + 1);
    const bool is_jose = text(*group, "mgfSha") == hash && jwt::algorithm_named("PS" + size) &&
                         integer(*group, "sLen") * 8 == std::stoi(size);
    for (auto test = member(*group, "tests").first(); test; test = test->next()) {
      bool accepted = false;
      for (const Algorithm algorithm : {Algorithm::kPs256, Algorithm::kPs384, Algorithm::kPs512}) {
        accepted |= verifies(rsa_key(*group, algorithm), *test);
      }
      tally.count(integer(*test, "tcId"), is_jose, accepted);
    }
  }
  EXPECT_EQ(tally.agree(), 150);
  EXPECT_EQ(tally.refused(), 147);
}

TEST(WycheproofHmac, AgreesForWholeTagsAndRefusesShortTagsAndKeys) {
  REQUIRE_VECTORS(folder);
  for (const std::string hash : {"256", "384", "512"}) {
    const Document file(wycheproof(*folder, "hmac_sha" + hash));
    const Algorithm algorithm = *jwt::algorithm_named("HS" + hash);
    Tally tally("Wycheproof hmac_sha" + hash + " (short tags and keys are refused)");
    int whole = 0;
    for (auto group = member(file.root(), "testGroups").first(); group; group = group->next()) {
      const bool is_whole = integer(*group, "tagSize") == std::stoi(hash) &&
                            integer(*group, "keySize") >= std::stoi(hash);
      for (auto test = member(*group, "tests").first(); test; test = test->next()) {
        const auto key = Key::from_secret("", algorithm, Secret(hex_bytes(*test, "key")));
        const bool accepted =
            key && key->verify(hex_bytes(*test, "msg"), bytes_of(hex_bytes(*test, "tag")));
        whole += is_whole ? 1 : 0;
        tally.count(integer(*test, "tcId"), is_whole && text(*test, "result") == "valid", accepted);
      }
    }
    EXPECT_EQ(whole, 84);
    EXPECT_EQ(tally.agree(), 174);
    EXPECT_EQ(tally.refused(), 174 - 30);
  }
}

}  // namespace
}  // namespace rescind::conformance
