#include "jwt/key.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"
#include "jwt/base64url.h"

namespace rescind::jwt {
namespace {

// RFC 7515 A.2 and A.3 share one payload; RFC 7638 3.1 has the key of RFC 7515 A.2's kind.
constexpr std::string_view kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

constexpr std::string_view kRfc7515A2Key =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4q)"
    R"(PCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LO)"
    R"(L-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwK)"
    R"(h9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",)"
    R"("e":"AQAB"})";
constexpr std::string_view kRfc7515A2Signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujG"
    "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
    "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

constexpr std::string_view kP256 =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kRfc7515A3Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

constexpr std::string_view kEd25519 =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

Result<Key> key_from(std::string_view jwk, std::optional<Algorithm> fallback = std::nullopt) {
  json::Reader reader;
  TRY_ASSIGN(const json::Value value, reader.parse(jwk, json::Limits{}));
  return Key::from_jwk(value, fallback);
}

Key good_key(std::string_view jwk, std::optional<Algorithm> fallback = std::nullopt) {
  auto key = key_from(jwk, fallback);
  EXPECT_TRUE(key.has_value()) << (key ? "" : key.error().message);
  return *std::move(key);
}

bool verifies(const Key& key, std::string_view signing_input, std::string_view signature) {
  const auto bytes = base64url_decode(signature);
  return bytes && key.verify(signing_input, bytes_of(*bytes));
}

// `jwk` with `more` members put in front.
std::string with(std::string_view jwk, std::string_view more) {
  return "{" + std::string(more) + "," + std::string(jwk.substr(1));
}

std::string rsa_jwk(std::string_view modulus, std::string_view exponent) {
  json::Writer writer;
  writer.object().member("kty", "RSA").member("n", base64url_encode(modulus));
  return writer.member("e", base64url_encode(exponent)).end().take();
}

std::string modulus_of(std::size_t bytes, char last = '\x01') {
  SeededRandom random(7);
  std::string n(bytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(n.data()), n.size()});
  n.front() = '\xc1';
  n.back() = last;
  return n;
}

TEST(Key, VerifiesTheExamplesOfTheRfcs) {
  const std::string rs256 = base64url_encode(R"({"alg":"RS256"})") + "." + std::string(kRfcPayload);
  const std::string es256 = base64url_encode(R"({"alg":"ES256"})") + "." + std::string(kRfcPayload);
  EXPECT_TRUE(verifies(good_key(kRfc7515A2Key), rs256, kRfc7515A2Signature)) << "RFC 7515 A.2";
  EXPECT_TRUE(verifies(good_key(kP256), es256, kRfc7515A3Signature)) << "RFC 7515 A.3";
  EXPECT_TRUE(
      verifies(good_key(kEd25519), "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
               "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvp"
               "Ar_MuM0KAg"))
      << "RFC 8037 A.4";
  EXPECT_FALSE(verifies(good_key(kRfc7515A2Key), rs256 + "x", kRfc7515A2Signature));
  EXPECT_FALSE(verifies(good_key(kP256), rs256, kRfc7515A3Signature));
}

TEST(Key, VerifiesHmacByTheExampleOfTheRfc) {
  // RFC 7515 A.1, whose header and payload have line breaks of their own.
  const auto secret = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto key = Key::from_secret("s", Algorithm::kHs256, Secret(*secret));
  ASSERT_TRUE(key.has_value());
  const std::string input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(kRfcPayload);
  EXPECT_TRUE(verifies(*key, input, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
  EXPECT_FALSE(verifies(*key, input, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXg"));
  EXPECT_FALSE(verifies(*key, input, ""));
  EXPECT_EQ(key->public_jwk(), "");
}

TEST(Key, HasTheThumbprintOfTheRfcs) {
  // RFC 7638 3.1, RFC 8037 A.3.
  EXPECT_EQ(
      good_key(
          R"({"kty":"RSA","alg":"RS256","kid":"2011-04-29","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9)"
          R"(nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM)"
          R"(stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZ)"
          R"(gnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPks)"
          R"(INHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"})")
          .thumbprint(),
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(good_key(kEd25519).thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Key, IsNamedByItsKeyIdElseByItsThumbprint) {
  const Key named = good_key(with(kP256, R"("kid":"es-1")"));
  EXPECT_EQ(named.key_id(), "es-1");
  EXPECT_EQ(named.revocation_id(), "es-1");
  const Key nameless = good_key(kP256);
  EXPECT_EQ(nameless.key_id(), "");
  EXPECT_EQ(nameless.revocation_id(), nameless.thumbprint());
  EXPECT_EQ(named.thumbprint(), nameless.thumbprint());
}

TEST(Key, HasOneAlgorithmDecidedAtLoad) {
  struct Case {
    std::string jwk;
    std::optional<Algorithm> fallback;
    std::optional<Algorithm> algorithm;  // nothing: refused
  };
  const std::string rsa(kRfc7515A2Key);
  const std::vector<Case> cases = {
      {rsa, std::nullopt, Algorithm::kRs256},
      {rsa, Algorithm::kPs512, Algorithm::kPs512},
      {rsa, Algorithm::kEs256, Algorithm::kRs256},
      {rsa, Algorithm::kHs256, Algorithm::kRs256},
      {with(rsa, R"("alg":"RS384")"), Algorithm::kPs512, Algorithm::kRs384},
      {with(rsa, R"("alg":"HS256")"), std::nullopt, std::nullopt},
      {with(rsa, R"("alg":"ES256")"), std::nullopt, std::nullopt},
      {with(rsa, R"("alg":"none")"), std::nullopt, std::nullopt},
      {with(rsa, R"("alg":"RSA-OAEP")"), std::nullopt, std::nullopt},
      {with(rsa, R"("alg":1)"), std::nullopt, std::nullopt},
      {with(rsa, R"("alg":null)"), std::nullopt, std::nullopt},
      {std::string(kP256), Algorithm::kRs256, Algorithm::kEs256},
      {with(kP256, R"("alg":"ES256")"), std::nullopt, Algorithm::kEs256},
      {with(kP256, R"("alg":"ES384")"), std::nullopt, std::nullopt},
      {with(kP256, R"("alg":"RS256")"), std::nullopt, std::nullopt},
      {std::string(kEd25519), std::nullopt, Algorithm::kEdDsa},
      {with(kEd25519, R"("alg":"Ed25519")"), std::nullopt, Algorithm::kEdDsa},
      {with(kEd25519, R"("alg":"ES256")"), std::nullopt, std::nullopt},
  };
  for (const Case& test : cases) {
    const auto key = key_from(test.jwk, test.fallback);
    ASSERT_EQ(key.has_value(), test.algorithm.has_value()) << test.jwk;
    if (key) {
      EXPECT_EQ(key->algorithm(), test.algorithm) << test.jwk;
    }
  }
}

TEST(Key, RefusesKeysThatAreNotForVerifying) {
  EXPECT_TRUE(key_from(with(kP256, R"("use":"sig")")).has_value());
  EXPECT_TRUE(key_from(with(kP256, R"("key_ops":["sign","verify"])")).has_value());
  for (const std::string_view more :
       {R"("use":"enc")", R"("use":1)", R"("key_ops":["encrypt"])", R"("key_ops":[])",
        R"("key_ops":"verify")", R"("d":"AQ")", R"("kid":7)", R"("kid":"")", R"("kid":"a b")",
        R"("kid":"a\u0000b")", R"("kid":"\u00e9")"}) {
    EXPECT_FALSE(key_from(with(kP256, more)).has_value()) << more;
  }
  EXPECT_TRUE(key_from(with(kP256, "\"kid\":\"" + std::string(128, 'k') + "\"")).has_value());
  EXPECT_FALSE(key_from(with(kP256, "\"kid\":\"" + std::string(129, 'k') + "\"")).has_value());
  EXPECT_FALSE(key_from(R"({"kty":"oct","k":"AAAA"})").has_value()) << "never from a key set";
  EXPECT_FALSE(key_from(R"({"kty":"EC"})").has_value());
  EXPECT_FALSE(key_from(R"({"x":"AA"})").has_value());
  EXPECT_FALSE(key_from(R"([])").has_value());
}

TEST(Key, RefusesWeakRsaKeys) {
  using namespace std::string_literals;
  const std::string e65537 = "\x01\x00\x01"s;
  EXPECT_TRUE(key_from(rsa_jwk(modulus_of(256), e65537)).has_value());
  EXPECT_TRUE(key_from(rsa_jwk(modulus_of(1024), e65537)).has_value());
  EXPECT_TRUE(key_from(rsa_jwk(modulus_of(256), "\x03")).has_value());
  EXPECT_TRUE(key_from(rsa_jwk(modulus_of(256), "\xff\xff\xff\xff")).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(255), e65537)).has_value()) << "2,040 bits";
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(128), e65537)).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(1025), e65537)).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(256, '\x02'), e65537)).has_value()) << "even";
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(256), "\x01")).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(256), "\x02")).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(256), "\0"s)).has_value());
  EXPECT_FALSE(key_from(rsa_jwk(modulus_of(256), "\x01\x00\x00\x00\x01"s)).has_value());
  const auto roca = key_from(
      R"({"kty":"RSA","e":"AQAB","n":"zBVIvojMlwRon11Td31Z0Rfjyq3nqqwRcQmTb7zBJAU1IDYDGx9qhZk0RQOhQ0)"
      R"(9iY0b2DCjXJMRE531kGr8RE3LIHqtjaDIQ0deiVNQyr2k0CWMr48BdF-TwK243w3B5t_n4xDRX7EvkZQD81Wcr_DzBxF)"
      R"(mC1fPAEA49XrZctNI8_HLgmMKG8kKZKf9U2b9_H5orQLf8ACNMW8fJ-MMzCu_Zhk1eZrh8RFXS1Q9WiocrgEXwDfnvg8U)"
      R"(lMydCEbzwTXvLX8_XBvMvgUGz34E9QW8MVoaUqPVR8jh6ENXihF9q5lM4uzchDkDiJ5EDI7jFZHFbtjyNYBbex0nMn-wF)"
      R"(Ow"})");
  ASSERT_FALSE(roca.has_value());
  EXPECT_NE(roca.error().message.find("CVE-2017-15361"), std::string::npos);
}

// A modulus of megabits would make every bad token dear, and loading it as well.
TEST(Key, RefusesAGiantModulusBeforeAnyArithmetic) {
  const std::string jwk = rsa_jwk(modulus_of(300'000), "\x03");
  json::Reader reader;
  const auto value = reader.parse(jwk, json::Limits{.bytes = 1U << 20U, .depth = 8, .members = 64});
  const auto key = Key::from_jwk(*value);
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().message, "RSA modulus or exponent is too long");
}

TEST(Key, TakesAModulusWithAZeroInFrontForTheSameKey) {
  using namespace std::string_literals;
  const auto lean = key_from(rsa_jwk(modulus_of(256), "\x01\x00\x01"s));
  const auto padded = key_from(rsa_jwk("\0"s + modulus_of(256), "\x01\x00\x01"s));
  ASSERT_TRUE(lean && padded);
  EXPECT_EQ(lean->thumbprint(), padded->thumbprint());
}

TEST(Key, RefusesPointsThatAreNotOnTheirCurve) {
  using namespace std::string_literals;
  const auto ec = [](std::string_view crv, std::string_view x, std::string_view y) {
    json::Writer writer;
    writer.object().member("kty", "EC").member("crv", crv).member("x", base64url_encode(x));
    return key_from(writer.member("y", base64url_encode(y)).end().text()).has_value();
  };
  const std::string x = *base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  const std::string y = *base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  EXPECT_TRUE(ec("P-256", x, y));
  EXPECT_FALSE(ec("P-256", y, x));
  EXPECT_FALSE(ec("P-256", std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(ec("P-256", std::string(32, '\xff'), y)) << "past the field";
  EXPECT_FALSE(ec("P-256", x.substr(1), y)) << "31 bytes";
  EXPECT_FALSE(ec("P-256", "\0"s + x, y)) << "33 bytes";
  EXPECT_FALSE(ec("P-256", x, ""));
  EXPECT_FALSE(ec("P-384", x, y));
  EXPECT_FALSE(ec("P-384", std::string(16, '\0') + x, std::string(16, '\0') + y));
  EXPECT_FALSE(ec("secp256k1", x, y));
  EXPECT_FALSE(ec("", x, y));
  EXPECT_FALSE(key_from(R"({"kty":"EC","crv":"P-256","x":"****","y":"AAAA"})").has_value());
}

TEST(Key, RefusesEd25519PointsThatAreWeakOrNone) {
  using namespace std::string_literals;
  const auto okp = [](std::string_view crv, const std::string& x) {
    json::Writer writer;
    writer.object().member("kty", "OKP").member("crv", crv).member("x", base64url_encode(x));
    return key_from(writer.end().text()).has_value();
  };
  const std::string x = *base64url_decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  EXPECT_TRUE(okp("Ed25519", x));
  EXPECT_FALSE(okp("Ed448", x));
  EXPECT_FALSE(okp("X25519", x));
  EXPECT_FALSE(okp("Ed25519", x.substr(1)));
  EXPECT_FALSE(okp("Ed25519", x + x));
  EXPECT_FALSE(okp("Ed25519", std::string(32, '\0'))) << "of order 4";
  EXPECT_FALSE(okp("Ed25519", "\x01"s + std::string(31, '\0'))) << "the neutral element";
  EXPECT_FALSE(okp("Ed25519", std::string(32, '\xff'))) << "not canonical";
}

TEST(Key, RefusesSecretsShorterThanTheHash) {
  for (const Algorithm algorithm : {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512}) {
    const std::size_t size = hash_size(algorithm);
    EXPECT_TRUE(Key::from_secret("k", algorithm, Secret(std::string(size, 's'))).has_value());
    EXPECT_TRUE(Key::from_secret("k", algorithm, Secret(std::string(300, 's'))).has_value());
    EXPECT_FALSE(Key::from_secret("k", algorithm, Secret(std::string(size - 1, 's'))).has_value());
    EXPECT_FALSE(Key::from_secret("k", algorithm, Secret()).has_value());
    EXPECT_FALSE(Key::from_secret("a b", algorithm, Secret(std::string(size, 's'))).has_value());
  }
  EXPECT_FALSE(Key::from_secret("k", Algorithm::kRs256, Secret(std::string(64, 's'))).has_value());
}

// The numbers of P-256 that an attacker likes (CVE-2022-21449 took the first pair for any message).
TEST(Key, RefusesEcdsaNumbersOutOfRange) {
  const Key key = good_key(kP256);
  std::array<std::uint8_t, 32> order;
  ASSERT_TRUE(from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", order));
  const auto number = [](std::uint8_t last) {
    std::string bytes(32, '\0');
    bytes.back() = static_cast<char>(last);
    return bytes;
  };
  const auto near_order = [&](int offset) {
    std::string bytes(text_of(order));
    bytes.back() = static_cast<char>(order.back() + offset);
    return bytes;
  };
  const std::vector<std::string> numbers = {number(0),     number(1),     near_order(-1),
                                            near_order(0), near_order(1), std::string(32, '\xff')};
  for (const std::string& r : numbers) {
    for (const std::string& s : numbers) {
      EXPECT_FALSE(key.verify("message", bytes_of(r + s)));
    }
  }
}

}  // namespace
}  // namespace rescind::jwt
