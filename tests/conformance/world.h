#pragma once
// For the tests of this folder: issuers with keys, an index that follows a feed, and a verifier
// over both, at 1,800,000,000. Everything is the product's own; only the time is the test's.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "jwt/signing_key.h"
#include "verifier/verifier.h"

namespace rescind::conformance {

class World {
 public:
  static constexpr std::int64_t kNowSeconds = 1'800'000'000;
  static constexpr const char* kAudience = "orders";

  explicit World(const verifier::Options& options = {});

  // From now on a token of this issuer is accepted when this key has signed it.
  void trust(const std::string& issuer, const jwt::SigningKey& key,
             const std::vector<std::string>& types = {"at+jwt"});
  // With keys as a JWKS has them.
  void trust(const std::string& issuer, const std::string& jwks,
             std::vector<jwt::Algorithm> algorithms);
  // The feed's rules, whole; times are stamps.
  void declare(std::vector<revocation::IssuerRules> rules);
  // The feed's word of this moment has arrived.
  void hear();

  void revoke(const revocation::Target& target,
              revocation::Reason reason = revocation::Reason::kRevoked);
  // By the key of a vector.
  void revoke(const revocation::Key& key, bool has_cut);

  Decision check(std::string_view token);
  // Nothing where it is accepted.
  std::optional<Reason> refusal(std::string_view token) { return check(token).reason(); }

  verifier::Verifier& verifier() { return *verifier_; }
  Now now{.wall = wall_from_seconds(kNowSeconds), .boot = BootTime(std::chrono::hours(1))};

 private:
  void trust(verifier::TrustedIssuer issuer);

  SeededRandom random_{1};
  std::unique_ptr<revocation::Index> index_;
  std::vector<verifier::TrustedIssuer> issuers_;
  std::unique_ptr<verifier::Verifier> verifier_;
  revocation::FeedState state_;
};

// `claims` is a JSON object as text. What an access token needs and it does not have is added: sub,
// aud, iat, exp, jti.
std::string complete_payload(std::string claims);
revocation::IssuerRules rules_of(const std::string& issuer, std::vector<std::string> session_claims,
                                 std::vector<std::string> revocable_claims);

}  // namespace rescind::conformance
