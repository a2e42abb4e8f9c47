#include "verifier/verifier.h"

#include <algorithm>

#include "jwt/base64url.h"
#include "verifier/checks.h"

namespace rescind::verifier {

Verifier::Verifier(const Options& options, std::shared_ptr<const revocation::IndexView> index,
                   std::shared_ptr<const TrustedIssuers> issuers, Random& random)
    : options_(options),
      index_(std::move(index)),
      issuers_(std::move(issuers)),
      cache_(options.cached_tokens, random) {}

void Verifier::set_issuers(std::shared_ptr<const TrustedIssuers> issuers) {
  issuers_ = std::move(issuers);
}

Outcome Verifier::check(std::string_view token, Now now) {
  ++counters_.checks;
  VerifiedToken* known = cache_.find(token);
  if (known != nullptr && still_holds(*known)) {
    ++counters_.cached;
  } else {
    const auto verified = verify(token, now);
    if (!verified) return Decision::refuse(verified.error());
    known = *verified;
  }
  // The purge time is read after the look-up: an entry that was purged meanwhile is no loss, since
  // its tokens are then refused by the dates.
  const auto revocation = find_revocation(*known);
  if (const auto reason = refused_by_time(*known, now)) return Decision::refuse(*reason);
  if (revocation) return Decision::refuse(refusal(*revocation));
  return accept_if_fresh(*known, now);
}

// The way of a token that was not seen before: from cheap to dear.
std::expected<VerifiedToken*, Reason> Verifier::verify(std::string_view token, Now now) {
  issuer_of_unknown_key_.clear();
  const auto parts = jwt::split_compact(token, options_.max_token_bytes);
  if (!parts) return std::unexpected(parts.error());
  if (!jwt::base64url_decode(parts->header, header_) ||
      !jwt::base64url_decode(parts->payload, payload_) ||
      !jwt::base64url_decode(parts->signature, signature_)) {
    return std::unexpected(Reason::kMalformed);
  }
  const auto header = jwt::read_header(header_, header_reader_);
  if (!header) return std::unexpected(header.error());
  const auto payload = jwt::read_payload(payload_, payload_reader_);
  if (!payload) return std::unexpected(payload.error());

  const TrustedIssuer* issuer = issuers_->find(payload->claims.issuer);
  if (issuer == nullptr) return std::unexpected(Reason::kIssuer);
  if (const auto reason = refused_by_policy(*header, *payload, *issuer)) {
    return std::unexpected(*reason);
  }
  // The generation before the rules: if they change meanwhile, what is remembered here is void.
  const std::uint64_t generation = index_.rules_generation();
  const auto* rules = index_.rules() ? index_.rules()->find(issuer->issuer) : nullptr;
  const revocation::IssuerRules none{.issuer = issuer->issuer};
  auto targets = targets_of(*payload, rules != nullptr ? *rules : none);
  if (!targets) return std::unexpected(targets.error());

  VerifiedToken candidate;
  candidate.expires = payload->claims.expires;
  candidate.not_before = payload->claims.not_before;
  candidate.issued = payload->claims.issued;
  if (const auto reason = refused_by_time(candidate, now)) return std::unexpected(*reason);

  // No key has been fetched yet, or all have grown too old: this cannot be decided.
  if (issuer->keys->keys().empty()) return std::unexpected(Reason::kStale);
  const jwt::Key* key = issuer->keys->find(header->key_id);
  if (key == nullptr) {
    issuer_of_unknown_key_ = issuer->issuer;
    return std::unexpected(Reason::kUnknownKey);
  }
  if (key->algorithm() != header->algorithm) return std::unexpected(Reason::kAlgorithm);
  ++counters_.signatures;
  if (!key->verify(parts->signing_input, bytes_of(signature_))) {
    return std::unexpected(Reason::kSignature);
  }

  candidate.token = token;
  candidate.claims = claims_of(*payload, rules != nullptr ? *rules : none, payload_);
  candidate.covered = rules != nullptr;
  candidate.targets = *std::move(targets);
  candidate.targets.key = key_target(issuer->issuer, key->revocation_id());
  candidate.issuers = issuers_;
  candidate.rules_generation = generation;
  if (VerifiedToken* kept = cache_.insert(candidate)) return kept;
  uncached_ = std::move(candidate);
  return &uncached_;
}

bool Verifier::still_holds(const VerifiedToken& token) const {
  return token.issuers == issuers_ && token.rules_generation == index_.rules_generation();
}

std::optional<Reason> Verifier::refused_by_time(const VerifiedToken& token, Now now) const {
  // What was purged stays refused whatever the wall clock says: it can have been set back.
  const std::int64_t floor = std::max(to_ms(now.wall), to_ms(index_.purge_time()));
  return refused_by_dates(token.expires, token.not_before, token.issued,
                          {.now_ms = to_ms(now.wall), .floor_ms = floor}, options_);
}

std::optional<revocation::Reason> Verifier::find_revocation(VerifiedToken& token) const {
  // Read before the look-ups: what is applied meanwhile makes the next check look again.
  const std::uint64_t version = index_.version();
  if (token.unrevoked_at == version && version != 0) return std::nullopt;
  const auto reason = revoked(token.targets, index_);
  if (!reason) token.unrevoked_at = version;
  return reason;
}

Outcome Verifier::accept_if_fresh(const VerifiedToken& token, Now now) const {
  if (token.covered && fresh(now)) return Decision::accept(token.claims);
  switch (options_.on_stale) {
    case OnStale::kRefuse:
      return Decision::refuse(Reason::kStale);
    case OnStale::kAccept:
      return Decision::accept_stale(token.claims);
    case OnStale::kIntrospect:
      return Pending{token.claims};
  }
  return Decision::refuse(Reason::kStale);
}

Decision Verifier::finish(const Pending& pending, Answer answer) {
  switch (answer) {
    case Answer::kActive:
      return Decision::accept(pending.claims);
    case Answer::kInactive:
      return Decision::refuse(Reason::kRevoked);
    case Answer::kUnavailable:
      return Decision::refuse(Reason::kStale);
  }
  return Decision::refuse(Reason::kStale);
}

Milliseconds Verifier::staleness(Now now) const {
  const revocation::FeedState state = index_.state();
  if (!state.ready || !state.can_follow) return Milliseconds::max();
  return state.freshness.staleness(now, options_.max_clock_skew);
}

bool Verifier::fresh(Now now) const { return staleness(now) <= options_.max_staleness; }

}  // namespace rescind::verifier
