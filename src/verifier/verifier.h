#pragma once
// Token in, decision out. Pure: no I/O, no clock, no lock; the pipeline stands in verifier.cc, top
// to bottom. One thread per Verifier (it owns buffers and a cache); any number of Verifiers share
// one index and one set of issuers.
//
// Cheap refusals come first, and nothing that was read from unverified bytes is used for anything
// but refusing. The reason "revoked" is told only of a token whose signature is good, and a source
// that has spent its budget of failed signatures is told Reason::kSignature of every token that is
// not known, without a check: no answer tells a forger more than that a token is not accepted.
//
// Cost: a token seen before, a hash and a few look-ups; a new one, a signature check (25–150 µs).

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "rescind/decision.h"
#include "revocation/index.h"
#include "verifier/attached_index.h"
#include "verifier/failure_budget.h"
#include "verifier/options.h"
#include "verifier/targets.h"
#include "verifier/token_cache.h"
#include "verifier/trusted_issuer.h"
#include "verifier/watched.h"

namespace rescind::verifier {

// A good token that only somebody else can decide on now. Whoever hosts the verifier asks and calls
// finish().
struct Pending {
  std::shared_ptr<const Claims> claims;
  // Whether one of these is revoked (Options::entries_elsewhere). Null: whether the token is
  // active, of the authority (RFC 7662), since the index is stale and the policy is to ask.
  std::shared_ptr<const Targets> targets;
  bool stale = false;              // nobody vouches for what is asked: accepted as such
  bool accept_unanswered = false;  // the policy, where no answer comes
  // The caller knows of a position that the index has not reached: check again when it has, or let
  // decide_behind() say what follows. Nobody is to be asked before that.
  bool behind = false;
};

enum class Answer : std::uint8_t { kActive, kInactive, kSignedOut, kCompromised, kUnavailable };

using Outcome = std::variant<Decision, Pending>;

class Verifier {
 public:
  using View = std::shared_ptr<const revocation::IndexView>;
  static constexpr std::size_t kMaxIndexes = 16;
  // One index for each feed, 1 to kMaxIndexes; TrustedIssuer::index is a place in it. `random`
  // gives cache and budget their secrets; used here only.
  Verifier(const Options& options, const std::vector<View>& indexes,
           std::shared_ptr<const TrustedIssuers> issuers, Random& random);
  Verifier(const Options& options, View index, std::shared_ptr<const TrustedIssuers> issuers,
           Random& random)
      : Verifier(options, std::vector<View>{std::move(index)}, std::move(issuers), random) {}

  // From the next check on.
  void set_issuers(std::shared_ptr<const TrustedIssuers> issuers);

  // The index at that place is in another region from now on (its agent has started anew). Tokens
  // that were seen before stay so; whether they are revoked is asked of the new one.
  void set_index(View index, std::size_t place = 0);

  // The source that a host calls so (an address, an account); empty: not known. Of this verifier.
  Source source_named(std::string_view name) const { return budget_.named(name); }

  // Never fails: every input has an outcome. Pending only with OnStale::kIntrospect,
  // Options::entries_elsewhere or a position that is `wanted`, of the feed of the token's issuer.
  Outcome check(std::string_view token, Now now, Source source = {},
                std::optional<revocation::Position> wanted = {});
  // What becomes of a good token where the position is known to exist and does not come: the policy
  // for what is stale.
  Outcome decide_behind(const Pending& behind) const;

  // For who has verified the token itself: whether these claims are revoked, and whether the index
  // can say so. `key_id`: the `kid` that it named, if it did. Of the dates only what revocation
  // rests on: kClaim without an `exp` or for a life over max_token_lifetime, kExpired for what had
  // expired at the purge time, since its entry may be forgotten. The rest of the dates, issuer and
  // audience are the caller's; but with several indexes kIssuer for an issuer that is not
  // configured, since nobody can say which of them is its own.
  Outcome check_claims(std::string_view payload, std::optional<std::string_view> key_id, Now now);

  // For who holds a token's claims for long: kJson, kClaim or (as above) kIssuer where they are
  // none that can be watched. revoked_now() says nothing of freshness; where nothing was applied
  // since it was asked last it costs some nanoseconds.
  std::expected<Watched, Reason> watch(std::string_view payload,
                                       std::optional<std::string_view> key_id);
  std::optional<Reason> revoked_now(Watched& watched);

  // kInactive: revoked, or for no reason that is told. kUnavailable: by the policy, accepted while
  // stale or refused with Reason::kStale.
  static Decision finish(const Pending& pending, Answer answer);

  // After a check that ended in Reason::kUnknownKey, until the next: the configured issuer whose
  // key is not known, so that its key set can be fetched anew. Empty where the `kid` can be
  // nobody's.
  std::string_view issuer_of_unknown_key() const { return issuer_of_unknown_key_; }

  // In the order in which they were given.
  const std::vector<AttachedIndex>& indexes() const { return indexes_; }
  // The one whose knowledge is oldest: that of a verifier with one index.
  const AttachedIndex& stalest(Now now) const;
  // How old that is; Milliseconds::max() while it cannot be said.
  Milliseconds staleness(Now now) const { return stalest(now).staleness(now); }
  bool fresh(Now now) const { return fresh(stalest(now), now); }

  // Plain counters; whoever hosts the verifier exposes them.
  struct Counters {
    std::uint64_t checks = 0;
    std::uint64_t cached = 0;      // of these, tokens seen before
    std::uint64_t signatures = 0;  // signature checks done
    std::uint64_t wasted = 0;      // of these, on a token that was refused
    std::uint64_t unchecked = 0;   // refused without one, since the source's budget was spent
  };
  const Counters& counters() const { return counters_; }

 private:
  // What of a token has been read, and found to be worth a signature check.
  struct Candidate {
    jwt::CompactParts parts;
    jwt::Payload payload;
    const TrustedIssuer* issuer;
    const jwt::Key* key;
  };
  std::expected<Candidate, Reason> read(std::string_view token, Now now);
  std::expected<VerifiedToken*, Reason> verify(std::string_view token, bool seen_before, Now now,
                                               Source source);
  std::expected<VerifiedToken*, Reason> renew(const VerifiedToken& token);
  void waste(Source source, Now now);
  // What claims come to by the rules of this moment; their targets are in targets_.
  struct ByRules {
    std::shared_ptr<const Claims> claims;
    bool covered;
    std::uint32_t epoch;
    std::uint8_t index;
  };
  std::expected<ByRules, Reason> apply_rules(const jwt::Payload& payload, std::string_view json,
                                             std::size_t index);
  VerifiedToken* remember(std::string_view token, const Dates& dates, ByRules by_rules);
  std::optional<Reason> refused_by_time(const Dates& dates, const AttachedIndex& index,
                                        Now now) const;
  bool fresh(const AttachedIndex& index, Now now) const {
    return index.staleness(now) <= options_.max_staleness;
  }
  Outcome accept_if_fresh(const std::shared_ptr<const Claims>& claims, bool covered,
                          const TargetsView& targets, const AttachedIndex& index, Now now) const;

  void add_key(std::string_view issuer, std::optional<std::string_view> key_id, Targets& to);
  std::optional<Reason> derive(Watched& watched);
  // Which index is that of this issuer's feed.
  std::expected<std::size_t, Reason> index_of(std::string_view issuer) const;

  Options options_;
  std::vector<AttachedIndex> indexes_;  // one a feed
  std::shared_ptr<const TrustedIssuers> issuers_;
  std::uint32_t issuers_epoch_ = 1;  // counted up with each set of issuers
  FailureBudget budget_;
  TokenCache cache_;
  // Kept for their memory.
  json::Reader header_reader_;
  json::Reader payload_reader_;
  std::string header_;
  std::string payload_;
  std::string signature_;
  Targets targets_;
  SharedKeysMemo memo_;
  std::string issuer_of_unknown_key_;
  Counters counters_;
};

}  // namespace rescind::verifier
