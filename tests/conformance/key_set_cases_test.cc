// D14 and D15: key sets with bad keys among good ones, through parsing and the whole verifier. The
// bad ones are left out, each with a word; tokens of the good ones are accepted beside them.

#include <gtest/gtest.h>

#include "jwt/base64url.h"
#include "vectors.h"
#include "world.h"

namespace rescind::conformance {
namespace {

using jwt::Algorithm;
using jwt::SigningKey;

constexpr const char* kIssuer = "https://auth.example";

// The public JWK with its kid replaced, and other members beside.
std::string jwk_of(const SigningKey& key, const std::string& kid, const std::string& more = "") {
  json::Reader reader;
  const auto jwk = reader.parse(key.public_key().public_jwk(), {});
  std::string text = to_json(*jwk, {"kid", "use"});
  return text.insert(1, "\"kid\":\"" + kid + "\"," + more);
}
std::string rsa(const std::string& kid, const std::string& modulus, const std::string& exponent) {
  json::Writer writer;
  writer.object().member("kid", kid).member("kty", "RSA").member("alg", "RS256");
  writer.member("n", jwt::base64url_encode(modulus)).member("e", jwt::base64url_encode(exponent));
  return writer.end().take();
}
std::string modulus(std::size_t bytes, char last) {
  SeededRandom random(7);
  std::string n(bytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(n.data()), n.size()});
  n.front() = '\xc1';
  n.back() = last;
  return n;
}
std::string ec(const std::string& kid, const std::string& curve, const std::string& x,
               const std::string& y, const std::string& more = "") {
  return R"({"kid":")" + kid + R"(","kty":"EC","crv":")" + curve + R"(","x":")" +
         jwt::base64url_encode(x) + R"(","y":")" + jwt::base64url_encode(y) + "\"" + more + "}";
}

// A modulus of the Infineon generator (CVE-2017-15361), published with the attack.
constexpr const char* kRoca =
    R"({"kid":"roca","kty":"RSA","e":"AQAB","n":"zBVIvojMlwRon11Td31Z0Rfjyq3nqqwRcQmTb7zBJAU1IDYDG)"
    R"(x9qhZk0RQOhQ09iY0b2DCjXJMRE531kGr8RE3LIHqtjaDIQ0deiVNQyr2k0CWMr48BdF-TwK243w3B5t_n4xDRX7Evk)"
    R"(ZQD81Wcr_DzBxFmC1fPAEA49XrZctNI8_HLgmMKG8kKZKf9U2b9_H5orQLf8ACNMW8fJ-MMzCu_Zhk1eZrh8RFXS1Q9)"
    R"(WiocrgEXwDfnvg8UlMydCEbzwTXvLX8_XBvMvgUGz34E9QW8MVoaUqPVR8jh6ENXihF9q5lM4uzchDkDiJ5EDI7jFZH)"
    R"(FbtjyNYBbex0nMn-wFOw"})";

class KeySetCases : public ::testing::Test {
 protected:
  std::string token(const SigningKey& key, const std::string& kid) const {
    const std::string input =
        jwt::base64url_encode(R"({"alg":")" + std::string(to_string(key.algorithm())) +
                              R"(","typ":"at+jwt","kid":")" + kid + "\"}") +
        "." + jwt::base64url_encode(complete_payload(R"({"iss":"https://auth.example"})"));
    return input + "." + jwt::base64url_encode(key.sign(input));
  }
  // Parses good and bad ones together; returns how many were left out.
  std::size_t trust(const std::vector<std::string>& jwks) {
    std::string set;
    for (const std::string& jwk : jwks) set += (set.empty() ? "{\"keys\":[" : ",") + jwk;
    set += "]}";
    const auto parsed = jwt::KeySet::parse(set);
    EXPECT_TRUE(parsed.has_value());
    for (const std::string& why : parsed->skipped) EXPECT_NE(why.find(": "), std::string::npos);
    world.trust(kIssuer, set, {Algorithm::kEs256, Algorithm::kRs256, Algorithm::kEs384});
    world.declare({rules_of(kIssuer, {"sid"}, {})});
    EXPECT_EQ(parsed->keys.keys().size() + parsed->skipped.size(), jwks.size());
    return parsed->skipped.size();
  }

  SigningKey good_ec = *SigningKey::generate(Algorithm::kEs256);
  SigningKey good_rsa = *SigningKey::generate(Algorithm::kRs256);
  SigningKey other = *SigningKey::generate(Algorithm::kEs256);
  World world;
};

TEST_F(KeySetCases, D14LeavesOutBadKeysAndWorksWithTheOthers) {
  using namespace std::string_literals;
  const std::string e = "\x01\x00\x01"s;
  const std::vector<std::string> bad = {
      rsa("rsa-1024", modulus(128, '\x01'), e),
      rsa("e-1", modulus(256, '\x01'), "\x01"),
      rsa("even", modulus(256, '\x02'), e),
      rsa("rsa-16384", modulus(2048, '\x01'), e),
      kRoca,
      jwk_of(other, "for-encryption", R"("use":"enc",)"),
      jwk_of(other, "to-encrypt", R"("key_ops":["encrypt"],)"),
      jwk_of(other, "twice"),
      jwk_of(good_ec, "twice"),
      R"({"kid":"secret","kty":"oct","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"})",
      R"({"kid":"unknown","kty":"XYZ"})",
  };
  std::vector<std::string> all = bad;
  all.insert(all.begin(), jwk_of(good_ec, "good-ec"));
  all.push_back(jwk_of(good_rsa, "good-rsa"));
  EXPECT_EQ(trust(all), bad.size());
  EXPECT_EQ(world.refusal(token(good_ec, "good-ec")), std::nullopt);
  EXPECT_EQ(world.refusal(token(good_rsa, "good-rsa")), std::nullopt);
  for (const char* kid : {"for-encryption", "to-encrypt", "twice"}) {
    EXPECT_EQ(world.refusal(token(other, kid)), Reason::kUnknownKey) << kid;
  }
  EXPECT_EQ(world.refusal(token(good_ec, "twice")), Reason::kUnknownKey);
  EXPECT_EQ(world.refusal(token(good_rsa, "rsa-1024")), Reason::kUnknownKey);
}

TEST_F(KeySetCases, D15LeavesOutPointsThatAreNone) {
  const std::string x = *jwt::base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  const std::string y = *jwt::base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  std::string off_curve = y;
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  const SigningKey p384 = *SigningKey::generate(Algorithm::kEs384);
  const std::string twin = jwk_of(p384, "p384-as-es384");
  std::string misdeclared = jwk_of(p384, "p384-as-es256");
  const std::string declared = R"("alg":"ES384")";
  ASSERT_NE(misdeclared.find(declared), std::string::npos);
  misdeclared.replace(misdeclared.find(declared), declared.size(), R"("alg":"ES256")");

  const std::vector<std::string> bad = {
      ec("off-curve", "P-256", x, off_curve), ec("x-of-31", "P-256", x.substr(1), y),
      ec("nothing", "P-256", std::string(32, '\0'), std::string(32, '\0')), misdeclared};
  std::vector<std::string> all = bad;
  all.push_back(ec("on-curve", "P-256", x, y));
  all.push_back(twin);
  all.push_back(jwk_of(good_ec, "good-ec"));
  EXPECT_EQ(trust(all), bad.size());
  EXPECT_EQ(world.refusal(token(good_ec, "good-ec")), std::nullopt);
  EXPECT_EQ(world.refusal(token(p384, "p384-as-es384")), std::nullopt);
  EXPECT_EQ(world.refusal(token(p384, "p384-as-es256")), Reason::kUnknownKey);
}

}  // namespace
}  // namespace rescind::conformance
