#pragma once
// Our side of a comparison: an issuer with its keys, rules for all that can be revoked of it, an
// index full of other tokens' revocations that has just heard of its feed. One thread. Verifiers
// made of it do not outlive it.

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "revocation/index.h"
#include "verifier/verifier.h"

namespace rescind::bench {

class World {
 public:
  static constexpr std::size_t kRevoked = 1'000'000;

  World(jwt::Algorithm algorithm, jwt::KeySet keys, std::size_t revoked = kRevoked);

  std::unique_ptr<verifier::Verifier> verifier(std::size_t cached_tokens);
  // Revokes a token that nobody has: the index has changed.
  void revoke_another();
  void revoke_token(std::string_view token_id);
  Now now() const { return clock_.now(); }

 private:
  void revoke(const revocation::Key& key);

  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<revocation::Index> index_;
  std::shared_ptr<const verifier::TrustedIssuers> issuers_;
  std::uint64_t others_ = 0;
};

// Whether the token was accepted.
inline bool accepted(const verifier::Outcome& outcome) {
  const auto* decision = std::get_if<Decision>(&outcome);
  return decision != nullptr && decision->accepted();
}

}  // namespace rescind::bench
