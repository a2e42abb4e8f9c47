#pragma once
// Token in, decision out. Pure: no I/O, no clock, no lock; the pipeline stands in verifier.cc, top
// to bottom. One thread per Verifier (it owns buffers and a cache); any number of Verifiers share
// one Index and one set of issuers. The Index outlives it.
//
// Cheap refusals come first, and nothing that was read from unverified bytes is used for anything
// but refusing. The reason "revoked" is told only of a token whose signature is good.
//
// Cost: a token seen before, a hash and a few look-ups; a new one, a signature check (25–150 µs).

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "rescind/decision.h"
#include "revocation/index.h"
#include "verifier/options.h"
#include "verifier/token_cache.h"
#include "verifier/trusted_issuer.h"

namespace rescind::verifier {

// A good token that only somebody else can decide on now: the index is stale and the policy is to
// ask. Whoever hosts the verifier asks the authority (RFC 7662) and calls finish().
struct Pending {
  std::shared_ptr<const Claims> claims;
};

enum class Answer : std::uint8_t { kActive, kInactive, kUnavailable };

using Outcome = std::variant<Decision, Pending>;

class Verifier {
 public:
  // `random` gives the cache its secret; used here only.
  Verifier(const Options& options, std::shared_ptr<const revocation::IndexView> index,
           std::shared_ptr<const TrustedIssuers> issuers, Random& random);

  // From the next check on.
  void set_issuers(std::shared_ptr<const TrustedIssuers> issuers);

  // Never fails: every input has an outcome. Pending only with OnStale::kIntrospect.
  Outcome check(std::string_view token, Now now);
  // kUnavailable is a refusal with Reason::kStale.
  static Decision finish(const Pending& pending, Answer answer);

  // After a check that ended in Reason::kUnknownKey, until the next: the configured issuer whose
  // key is not known, so that its key set can be fetched anew. Empty where the `kid` can be
  // nobody's.
  std::string_view issuer_of_unknown_key() const { return issuer_of_unknown_key_; }

  // How old the knowledge of the index is; Milliseconds::max() while it cannot be said.
  Milliseconds staleness(Now now) const;
  bool fresh(Now now) const;

  // Plain counters; whoever hosts the verifier exposes them.
  struct Counters {
    std::uint64_t checks = 0;
    std::uint64_t cached = 0;      // of these, tokens seen before
    std::uint64_t signatures = 0;  // signature checks done
  };
  const Counters& counters() const { return counters_; }

 private:
  std::expected<VerifiedToken*, Reason> verify(std::string_view token, Now now);
  std::optional<Reason> refused_by_time(const VerifiedToken& token, Now now) const;
  std::optional<revocation::Reason> find_revocation(VerifiedToken& token) const;
  bool still_holds(const VerifiedToken& token) const;
  Outcome accept_if_fresh(const VerifiedToken& token, Now now) const;

  Options options_;
  revocation::Index::Reader index_;
  std::shared_ptr<const TrustedIssuers> issuers_;
  TokenCache cache_;
  VerifiedToken uncached_;  // where the cache is off, or while a token is being verified
  json::Reader header_reader_;
  json::Reader payload_reader_;
  std::string header_;
  std::string payload_;
  std::string signature_;
  std::string issuer_of_unknown_key_;
  Counters counters_;
};

}  // namespace rescind::verifier
