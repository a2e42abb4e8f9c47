// verify_refuse --turns N --turn-ms M: what a bad token costs that is refused before its signature
// is looked at, and what reading a new one costs. A line of JSON each.

#include <cstdio>

#include "arguments.h"
#include "jwt/base64url.h"
#include "jwt/claims.h"
#include "jwt/jws.h"
#include "jwt/signing_key.h"
#include "peers/stopwatch.h"
#include "peers/tokens.h"
#include "peers/world.h"

namespace rescind::bench {
namespace {

constexpr std::size_t kTokens = 1024;

using Tokens = std::vector<std::string>;

// The n-th good token of ES256 but for its signature, with this header and these claims.
std::string unsigned_token(std::uint64_t n, const std::string& header, const Claimed& claimed) {
  return jwt::base64url_encode(header) + "." + jwt::base64url_encode(payload(n, claimed)) + "." +
         std::string(86, 'A');
}

struct Bad {
  const char* name;
  Reason reason;
  std::string header;
  Claimed claimed;
  void (*spoil)(std::string& token);
};

Tokens tokens_of(const Bad& bad) {
  Tokens tokens;
  for (std::uint64_t n = 0; n < kTokens; ++n) {
    tokens.push_back(unsigned_token(n, bad.header, bad.claimed));
    if (bad.spoil != nullptr) bad.spoil(tokens.back());
  }
  return tokens;
}

// Splits, decodes and reads; what the verifier does with every token that it has not seen.
class TokenReader {
 public:
  bool read(std::string_view token) {
    const auto parts = jwt::split_compact(token);
    if (!parts || !jwt::base64url_decode(parts->header, header_text_) ||
        !jwt::base64url_decode(parts->payload, payload_text_) ||
        !jwt::base64url_decode(parts->signature, signature_)) {
      return false;
    }
    return jwt::read_header(header_text_, header_).has_value() &&
           jwt::read_payload(payload_text_, payload_).has_value();
  }

 private:
  std::string header_text_, payload_text_, signature_;
  json::Reader header_, payload_;
};

// Those of `tokens` that the verifier still knows when it has seen all of them: a few have been
// pushed out by others.
Tokens remembered_of(verifier::Verifier& verifier, const World& world, const Tokens& tokens) {
  Tokens remembered;
  for (const std::string& token : tokens) verifier.check(token, world.now());
  for (const std::string& token : tokens) {
    const std::uint64_t before = verifier.counters().cached;
    if (!accepted(verifier.check(token, world.now()))) give_up("a good token was refused");
    if (verifier.counters().cached > before) remembered.push_back(token);
  }
  return remembered;
}

void print(const std::vector<Contender>& contenders) {
  for (const Contender& contender : contenders) {
    std::printf(R"({"what": "%s", "ns": %.1f})"
                "\n",
                contender.name.c_str(), nanoseconds(contender));
  }
}

std::vector<Bad> bad_tokens(const std::string& key_id) {
  const auto header = [&](const std::string& algorithm, const std::string& kid) {
    return R"({"alg":")" + algorithm + R"(","typ":"JWT","kid":")" + kid + "\"}";
  };
  const std::string good = header("ES256", key_id);
  return {
      {"two parts",
       Reason::kMalformed,
       good,
       {},
       [](std::string& token) { token.resize(token.rfind('.')); }},
      {"wrong alphabet",
       Reason::kMalformed,
       good,
       {},
       [](std::string& token) { token[token.size() / 2] = '+'; }},
      {"algorithm none", Reason::kAlgorithm, header("none", key_id), {}, nullptr},
      {"wrong algorithm", Reason::kAlgorithm, header("HS256", key_id), {}, nullptr},
      {"wrong issuer", Reason::kIssuer, good, {.issuer = "https://evil.example.com"}, nullptr},
      {"wrong audience", Reason::kAudience, good, {.audience = "https://other"}, nullptr},
      {"expired", Reason::kExpired, good, {.expires_in = -8}, nullptr},
      {"unknown key", Reason::kUnknownKey, header("ES256", "another"), {}, nullptr},
  };
}

}  // namespace
}  // namespace rescind::bench

int main(int argc, char** argv) {
  using namespace rescind;
  using namespace rescind::bench;
  const Arguments arguments(argc, argv);
  const auto key = jwt::SigningKey::generate(jwt::Algorithm::kEs256);
  auto keys = jwt::KeySet::parse("{\"keys\":[" + key->public_key().public_jwk() + "]}");
  World world(jwt::Algorithm::kEs256, std::move(keys->keys));
  const auto verifier = world.verifier(kTokens * 64);

  std::vector<Contender> contenders;
  TokenReader reader;
  Tokens good;
  for (std::uint64_t n = 0; n < kTokens; ++n) good.push_back(sign_compact(*key, kType, payload(n)));
  contenders.push_back(
      {.name = "read", .call = [&](std::size_t n) { return reader.read(good[n % kTokens]); }});
  const auto refused = [&](const std::string& token, Reason reason) {
    const auto outcome = verifier->check(token, world.now());
    const auto* decision = std::get_if<Decision>(&outcome);
    return decision != nullptr && decision->reason() == reason;
  };
  for (const Bad& bad : bad_tokens(std::string(key->key_id()))) {
    contenders.push_back({.name = bad.name,
                          .call = [&, reason = bad.reason, tokens = tokens_of(bad)](std::size_t n) {
                            return refused(tokens[n % kTokens], reason);
                          }});
  }
  const Tokens remembered = remembered_of(*verifier, world, good);
  for (std::uint64_t n = 0; n < kTokens; ++n) world.revoke_token(token_id(n));
  contenders.push_back({.name = "revoked, seen before", .call = [&](std::size_t n) {
                          return refused(remembered[n % remembered.size()], Reason::kRevoked);
                        }});
  const std::uint64_t signatures = verifier->counters().signatures;
  measure(contenders, arguments.number("--turns"),
          std::chrono::milliseconds(arguments.number("--turn-ms")));
  if (verifier->counters().signatures != signatures) give_up("a signature was checked");
  print(contenders);
}
