#pragma once
// For the benchmarks of this folder: an issuer of any algorithm, an index that is fresh and full
// of others' revocations, and a verifier over both.

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "jwt/base64url.h"
#include "jwt/signing_key.h"
#include "verifier/verifier.h"

namespace rescind::verifier {

inline constexpr std::string_view kBenchSecret = "a secret of 32 bytes, or of more";
inline constexpr Now kBenchNow{.wall = wall_from_seconds(1'800'000'000),
                               .boot = BootTime(std::chrono::hours(1))};

// About 440 bytes: a token of it has about 700.
inline std::string bench_payload(std::size_t number,
                                 std::string_view issuer = "https://auth.example.com",
                                 std::int64_t expires = 1'800'000'300) {
  const std::string id = std::to_string(1'000'000'000 + number);
  json::Writer w;
  w.object().member("iss", issuer).member("sub", "7b6f6a1e-7a2e-4a5e-9c38-0f" + id);
  w.name("aud").array().value("https://api.example.com").value("orders").end();
  w.member("iat", std::int64_t{1'799'999'990}).member("exp", expires);
  w.member("jti", "01J9Z3Q8R7M5K2V4" + id).member("sid", "01J9Z3Q8R7M5K2V5" + id);
  w.member("client_id", "web").member("scope", "orders:read orders:write invoices:read");
  w.member("email", "somebody." + id + "@example.com").member("fpos", "1763800000000.42");
  return w.end().take();
}

inline std::string bench_hs256(std::string_view json) {
  std::string token = jwt::base64url_encode(R"({"alg":"HS256","typ":"at+jwt","kid":"shared"})");
  token += '.';
  token += jwt::base64url_encode(json);
  std::array<std::uint8_t, 64> inner{};
  std::array<std::uint8_t, 64> outer{};
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const std::uint8_t byte = i < kBenchSecret.size() ? bytes_of(kBenchSecret)[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  const Digest tag = sha256({outer, sha256({inner, bytes_of(token)})});  // RFC 2104
  return token + '.' + jwt::base64url_encode(tag);
}

class BenchWorld {
 public:
  explicit BenchWorld(jwt::Algorithm algorithm = jwt::Algorithm::kHs256,
                      std::size_t revocations = 100'000)
      : index(*revocation::Index::create(random, {})) {
    revocation::IssuerRules rules{.issuer = "https://auth.example.com",
                                  .session_claims = {"sid"},
                                  .longest_lifetime = std::chrono::hours(1),
                                  .longest_session = std::chrono::hours(24)};
    CHECK(index->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{{rules}})));
    for (std::size_t i = 0; i < revocations; ++i) revoke_another();
    state.ready = true;
    state.freshness.refresh(1, kBenchNow.wall, kBenchNow.boot);
    index->set_state(state);
    trust(algorithm);
  }

  // Of a token that nobody here has.
  void revoke_another() {
    const revocation::Key target{.high = random.next_u64(), .low = random.next_u64()};
    CHECK(index->apply({.key = target, .until = 1'800'010'000}).has_value());
  }

  std::string token(std::size_t number) const {
    const std::string json = bench_payload(number);
    return key ? sign_compact(*key, "at+jwt", json) : bench_hs256(json);
  }

  std::unique_ptr<Verifier> verifier(std::size_t cached_tokens) {
    Options options;
    options.cached_tokens = cached_tokens;
    return std::make_unique<Verifier>(options, index->view(), issuers, random);
  }

  SeededRandom random{7};
  std::unique_ptr<revocation::Index> index;
  revocation::FeedState state;
  std::optional<jwt::SigningKey> key;  // none for HS256
  std::shared_ptr<const TrustedIssuers> issuers;

 private:
  void trust(jwt::Algorithm algorithm) {
    jwt::KeySet keys;
    if (is_symmetric(algorithm)) {
      std::vector<jwt::Key> shared;
      shared.push_back(
          *jwt::Key::from_secret("shared", algorithm, Secret(std::string(kBenchSecret))));
      keys = jwt::KeySet(std::move(shared));
    } else {
      key = *jwt::SigningKey::generate(algorithm);
      auto parsed = jwt::KeySet::parse("{\"keys\":[" + key->public_key().public_jwk() + "]}");
      keys = std::move(parsed->keys);
    }
    issuers = std::make_shared<TrustedIssuers>(
        std::vector{TrustedIssuer{.issuer = "https://auth.example.com",
                                  .algorithms = {algorithm},
                                  .audiences = {"orders"},
                                  .keys = std::make_shared<jwt::KeySet>(std::move(keys))}});
  }
};

}  // namespace rescind::verifier
