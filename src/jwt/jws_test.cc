#include "jwt/jws.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/allocations_for_test.h"
#include "jwt/base64url.h"

namespace rescind::jwt {
namespace {

std::optional<Reason> split_refusal(std::string_view token) {
  const auto parts = split_compact(token);
  if (parts) return std::nullopt;
  return parts.error();
}

TEST(SplitCompact, TakesATokenApart) {
  const std::string_view token = "aGVhZA.cGF5.c2ln";
  const auto parts = split_compact(token);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->header, "aGVhZA");
  EXPECT_EQ(parts->payload, "cGF5");
  EXPECT_EQ(parts->signature, "c2ln");
  EXPECT_EQ(parts->signing_input, "aGVhZA.cGF5");
  EXPECT_EQ(split_compact("aGVhZA..c2ln")->payload, "") << "a JWS, though no JWT";
}

TEST(SplitCompact, RefusesWhatIsNotThreeParts) {
  using namespace std::string_view_literals;
  for (const std::string_view token :
       {""sv, "a"sv, "a.b"sv, "a.b."sv, ".b.c"sv, ".."sv, "a.b.c.d"sv, "a.b.c.d.e"sv, "a.b.c."sv,
        " a.b.c"sv, "a.b.c "sv, "a.b.c\n"sv, "a.b=.c"sv, "a+.b.c"sv, "a.b/.c"sv, "a.b.c\0"sv,
        "a.b\x80.c"sv, "{\"payload\":\"a.b.c\"}"sv, "a,b,c"sv}) {
    EXPECT_EQ(split_refusal(token), Reason::kMalformed) << token;
  }
}

// The alphabet is checked by vectors and at the tail byte by byte: each byte in each place.
TEST(SplitCompact, KnowsItsAlphabetInEveryPlace) {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    for (const std::size_t place : {0U, 5U, 15U, 16U, 31U, 32U, 36U}) {
      std::string token =
          std::string(20, 'a') + "." + std::string(8, 'b') + "." + std::string(7, 'c');
      if (token[place] == '.') continue;
      token[place] = c;
      EXPECT_EQ(split_compact(token).has_value(), alphabet.find(c) != std::string_view::npos)
          << byte << " at " << place;
    }
  }
}

TEST(SplitCompact, HoldsTheLimitOfBytesAndRefusesOnePastIt) {
  const std::string longest = "a.b." + std::string(kMaxTokenBytes - 4, 'c');
  EXPECT_EQ(split_refusal(longest), std::nullopt);
  EXPECT_EQ(split_refusal(longest + 'c'), Reason::kTooLarge);
  EXPECT_EQ(split_refusal(std::string(1'000'000, '.')), Reason::kTooLarge);
  EXPECT_TRUE(split_compact("a.b.c", 5).has_value());
  EXPECT_FALSE(split_compact("a.b.cc", 5).has_value());
}

struct HeaderCase {
  std::string_view text;
  std::optional<Reason> reason;  // nothing: accepted
};

std::optional<Reason> header_refusal(std::string_view text) {
  json::Reader reader;
  const auto header = read_header(text, reader);
  if (header) return std::nullopt;
  return header.error();
}

void check_headers(const std::vector<HeaderCase>& cases) {
  for (const HeaderCase& test : cases) {
    EXPECT_EQ(header_refusal(test.text), test.reason) << test.text;
  }
}

TEST(ReadHeader, ReadsAlgorithmTypeAndKeyId) {
  json::Reader reader;
  const auto header = read_header(R"({"alg":"ES256","typ":"at+jwt","kid":"k1","x":[1]})", reader);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->algorithm, Algorithm::kEs256);
  EXPECT_EQ(header->type, "at+jwt");
  EXPECT_EQ(header->key_id, "k1");
  const auto bare = read_header(R"({"alg":"RS256"})", reader);
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->type, "");
  EXPECT_EQ(bare->key_id, std::nullopt);
}

TEST(ReadHeader, TakesAlgorithmsByTheirExactNames) {
  for (const std::string_view name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                                      "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512"}) {
    json::Reader reader;
    const auto header = read_header("{\"alg\":\"" + std::string(name) + "\"}", reader);
    ASSERT_TRUE(header.has_value()) << name;
    EXPECT_EQ(to_string(header->algorithm), name);
  }
  json::Reader reader;
  EXPECT_EQ(read_header(R"({"alg":"Ed25519"})", reader)->algorithm, Algorithm::kEdDsa);
  check_headers({{R"({"alg":"none"})", Reason::kAlgorithm},
                 {R"({"alg":"None"})", Reason::kAlgorithm},
                 {R"({"alg":"nOnE"})", Reason::kAlgorithm},
                 {R"({"alg":"NONE"})", Reason::kAlgorithm},
                 {R"({"alg":""})", Reason::kAlgorithm},
                 {R"({"alg":null})", Reason::kAlgorithm},
                 {R"({"alg":["ES256"]})", Reason::kAlgorithm},
                 {R"({})", Reason::kAlgorithm},
                 {R"({"typ":"at+jwt"})", Reason::kAlgorithm},
                 {R"({"alg":"es256"})", Reason::kAlgorithm},
                 {R"({"alg":"ES256 "})", Reason::kAlgorithm},
                 {R"({"alg":"ES256K"})", Reason::kAlgorithm},
                 {R"({"alg":"ES256\u0000"})", Reason::kAlgorithm},
                 {R"({"alg":"ES\u0032\u00356"})", std::nullopt}});
}

TEST(ReadHeader, RefusesKeysAndUrlsThatATokenBrings) {
  check_headers({{R"({"alg":"ES256","x5t":"AA"})", std::nullopt},
                 {R"({"alg":"ES256","jwk":{"kty":"EC"}})", Reason::kHeader},
                 {R"({"jku":"https://evil.test/k","alg":"ES256"})", Reason::kHeader},
                 {R"({"alg":"ES256","x5u":"https://evil.test/c"})", Reason::kHeader},
                 {R"({"alg":"ES256","x5c":["AA"]})", Reason::kHeader},
                 {R"({"alg":"ES256","zip":"DEF"})", Reason::kHeader},
                 {R"({"alg":"ES256","b64":false})", Reason::kHeader},
                 {R"({"alg":"ES256","b64":true})", Reason::kHeader},
                 {R"({"alg":"ES256","j\u0077k":null})", Reason::kHeader}});
}

TEST(ReadHeader, RefusesEveryCritBeforeAllElse) {
  check_headers({{R"({"alg":"ES256","crit":["exp"]})", Reason::kCrit},
                 {R"({"alg":"ES256","crit":[]})", Reason::kCrit},
                 {R"({"b64":false,"alg":"none","crit":["b64"]})", Reason::kCrit},
                 {R"({"alg":"ES256","crit":"exp"})", Reason::kCrit},
                 {R"({"alg":"ES256","crit":[1]})", Reason::kCrit},
                 {R"({"alg":"ES256","crit":null})", Reason::kCrit},
                 {R"({"alg":"ES256","cr\u0069t":["x"]})", Reason::kCrit}});
}

TEST(ReadHeader, RefusesTypesAndKeyIdsThatAreNone) {
  const std::string longest = R"({"alg":"ES256","kid":")" + std::string(kMaxKeyIdBytes, 'k');
  check_headers({{R"({"alg":"ES256","typ":"JWT"})", std::nullopt},
                 {R"({"alg":"ES256","typ":1})", Reason::kType},
                 {R"({"alg":"ES256","typ":null})", Reason::kType},
                 {R"({"alg":"ES256","kid":"../../dev/null"})", std::nullopt},
                 {R"({"alg":"ES256","kid":"' OR 1=1--"})", Reason::kUnknownKey},
                 {R"({"alg":"ES256","kid":"a\u0000b"})", Reason::kUnknownKey},
                 {R"({"alg":"ES256","kid":"a\r\nb"})", Reason::kUnknownKey},
                 {R"({"alg":"ES256","kid":"\u00e9"})", Reason::kUnknownKey},
                 {R"({"alg":"ES256","kid":""})", Reason::kUnknownKey},
                 {R"({"alg":"ES256","kid":7})", Reason::kHeader},
                 {R"({"alg":"ES256","kid":null})", Reason::kHeader}});
  EXPECT_EQ(header_refusal(longest + "\"}"), std::nullopt);
  EXPECT_EQ(header_refusal(longest + "k\"}"), Reason::kUnknownKey);
}

TEST(ReadHeader, RefusesWhatIsNoStrictObject) {
  check_headers({{R"({"alg":"ES256","a":{"b":{"c":[]}}})", std::nullopt},
                 {R"({"alg":"ES256","a":{"b":{"c":[[]]}}})", Reason::kJson},
                 {R"({"alg":"ES256","alg":"ES256"})", Reason::kJson},
                 {R"({"alg":"ES256","\u0061lg":"none"})", Reason::kJson},
                 {R"(["ES256"])", Reason::kJson},
                 {R"("ES256")", Reason::kJson},
                 {"", Reason::kJson},
                 {"\xef\xbb\xbf{\"alg\":\"ES256\"}", Reason::kJson},
                 {R"({"alg":"ES256"} x)", Reason::kJson}});
  std::string wide = R"({"alg":"ES256")";
  for (int i = 1; i < 64; ++i) wide += ",\"m" + std::to_string(i) + "\":0";
  EXPECT_EQ(header_refusal(wide + "}"), std::nullopt);
  EXPECT_EQ(header_refusal(wide + ",\"m64\":0}"), Reason::kJson);
}

TEST(ReadHeader, AllocatesNothingOnceWarm) {
  json::Reader reader;
  std::string decoded;
  const std::string token =
      base64url_encode(R"({"alg":"ES256","typ":"at+jwt","kid":"k"})") + ".cGF5bG9hZA.c2lnbmF0dXJl";
  const auto read = [&] {
    const auto parts = split_compact(token);
    return parts && base64url_decode(parts->header, decoded) &&
           read_header(decoded, reader).has_value();
  };
  ASSERT_TRUE(read());
  const std::size_t before = allocations_of_this_thread();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(read());
  ASSERT_FALSE(read_header(R"({"alg":"ES256","kid":"a b"})", reader).has_value());
  EXPECT_EQ(allocations_of_this_thread(), before);
}

}  // namespace
}  // namespace rescind::jwt
