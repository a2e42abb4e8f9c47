#pragma once
// For the tests of this folder: an issuer with a key, an index that follows, a verifier over both.

#include <memory>
#include <string>

#include "base/json.h"
#include "base/random.h"
#include "jwt/signing_key.h"
#include "verifier/verifier.h"

namespace rescind::verifier {

class TestWorld {
 public:
  static constexpr std::int64_t kNowSeconds = 1'800'000'000;
  static constexpr const char* kIssuer = "https://auth.test";

  explicit TestWorld(revocation::StampKind stamps = revocation::StampKind::kPosition)
      : key(*jwt::SigningKey::generate(jwt::Algorithm::kEs256)),
        other_key(*jwt::SigningKey::generate(jwt::Algorithm::kEs256)),
        index(*revocation::Index::create(random, {})) {
    revocation::IssuerRules rules{.issuer = kIssuer,
                                  .stamps = stamps,
                                  .session_claims = {"sid"},
                                  .revocable_claims = {"tenant"},
                                  .longest_lifetime = std::chrono::hours(1),
                                  .longest_session = std::chrono::hours(24)};
    index->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{{rules}}));
    hear(now);
    issuers = std::make_shared<TrustedIssuers>(std::vector{trusted()});
  }

  // The feed's word of this moment has arrived.
  void hear(Now at) {
    state.ready = true;
    state.freshness.refresh(1, at.wall, at.boot);
    index->set_state(state);
  }

  TrustedIssuer trusted() const {
    jwt::KeySet::Parsed parsed =
        *jwt::KeySet::parse("{\"keys\":[" + key.public_key().public_jwk() + "]}");
    return {.issuer = kIssuer,
            .algorithms = {jwt::Algorithm::kEs256},
            .audiences = {"api"},
            .keys = std::make_shared<jwt::KeySet>(std::move(parsed.keys))};
  }

  // The claims of a good token, then `extra` (",\"tenant\":\"acme\"").
  static std::string payload(const std::string& extra = "", const std::string& position = "1.5") {
    json::Writer w;
    w.object().member("iss", kIssuer).member("sub", "u1").member("aud", "api");
    w.member("iat", std::int64_t{kNowSeconds - 10}).member("exp", std::int64_t{kNowSeconds + 300});
    w.member("jti", "j-1").member("sid", "s-1").member("client_id", "c-1");
    w.member("fpos", std::string_view(position)).end();
    std::string text = w.take();
    text.insert(text.size() - 1, extra);
    return text;
  }
  std::string token(const std::string& extra = "", const std::string& position = "1.5") const {
    return sign_compact(key, "at+jwt", payload(extra, position));
  }

  void revoke(std::string_view claim, revocation::Value value,
              std::optional<revocation::Stamp> cut = std::nullopt,
              revocation::Reason reason = revocation::Reason::kRevoked) {
    const revocation::Revocation revocation{
        .target = {kIssuer, std::string(claim), std::move(value)},
        .cut = cut,
        .until = kNowSeconds + 1000,
        .reason = reason};
    ASSERT_TRUE(index->apply(entry_of(revocation)).has_value());
  }

  std::unique_ptr<Verifier> verifier(const Options& options = {}) {
    return std::make_unique<Verifier>(options, index->view(), issuers, random);
  }

  SeededRandom random{7};
  Now now{.wall = wall_from_seconds(kNowSeconds), .boot = BootTime(std::chrono::hours(1))};
  jwt::SigningKey key;
  jwt::SigningKey other_key;
  std::unique_ptr<revocation::Index> index;
  revocation::FeedState state;
  std::shared_ptr<const TrustedIssuers> issuers;
};

// The reason of a refusal; fails where it is none.
inline std::optional<Reason> reason_of(const Outcome& outcome) {
  const auto* decision = std::get_if<Decision>(&outcome);
  return decision != nullptr ? decision->reason() : std::nullopt;
}
inline bool accepted(const Outcome& outcome) {
  const auto* decision = std::get_if<Decision>(&outcome);
  return decision != nullptr && decision->accepted();
}

}  // namespace rescind::verifier
