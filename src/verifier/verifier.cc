#include "verifier/verifier.h"

#include <algorithm>

#include "jwt/base64url.h"
#include "verifier/checks.h"

namespace rescind::verifier {

Verifier::Verifier(const Options& options, std::shared_ptr<const revocation::IndexView> index,
                   std::shared_ptr<const TrustedIssuers> issuers, Random& random)
    : options_(options),
      index_(std::in_place, std::move(index)),
      issuers_(std::move(issuers)),
      budget_(options.failed_signatures_per_second, options.failed_signatures_burst, random),
      cache_(options.cached_tokens, random) {}

void Verifier::set_issuers(std::shared_ptr<const TrustedIssuers> issuers) {
  issuers_ = std::move(issuers);
  ++issuers_epoch_;
}

void Verifier::set_index(std::shared_ptr<const revocation::IndexView> index) {
  index_.emplace(std::move(index));
  // Versions and generations of one region say nothing of another's.
  rules_generation_ = index_->rules_generation();
  ++rules_epoch_;
}

Outcome Verifier::check(std::string_view token, Now now, Source source) {
  ++counters_.checks;
  VerifiedToken* known = cache_.find(token);
  const bool seen_before = known != nullptr;
  if (seen_before && known->issuers_epoch == issuers_epoch_) {
    ++counters_.cached;
  } else {
    const auto verified = verify(token, seen_before, now, source);
    if (!verified) return Decision::refuse(verified.error());
    known = *verified;
  }
  if (known->rules_epoch != rules_epoch()) {
    if (const auto reason = renew(*known)) return Decision::refuse(*reason);
  }
  // The purge time is read after the look-up: an entry that was purged meanwhile is no loss, since
  // its tokens are then refused by the dates.
  const auto revocation = revoked(known->targets, known->look, *index_);
  if (const auto reason = refused_by_time(*known, now)) return Decision::refuse(*reason);
  if (revocation) {
    if (!seen_before) waste(source, now);
    return Decision::refuse(refusal(*revocation));
  }
  return accept_if_fresh(known->claims, known->covered, now);
}

// The way of a token that was not seen before: from cheap to dear.
std::expected<VerifiedToken*, Reason> Verifier::verify(std::string_view token, bool seen_before,
                                                       Now now, Source source) {
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
  // What was seen before was genuine: only the keys have changed since.
  if (!seen_before && budget_.spent(source, now.boot)) {
    ++counters_.unchecked;
    return std::unexpected(Reason::kSignature);
  }
  ++counters_.signatures;
  if (!key->verify(parts->signing_input, bytes_of(signature_))) {
    waste(source, now);
    return std::unexpected(Reason::kSignature);
  }

  candidate.token = token;
  candidate.targets.key = key_target(issuer->issuer, key->revocation_id());
  candidate.issuers_epoch = issuers_epoch_;
  if (const auto reason = apply_rules(*payload, payload_, candidate)) {
    waste(source, now);
    return std::unexpected(*reason);
  }
  if (VerifiedToken* kept = cache_.insert(candidate)) return kept;
  uncached_ = std::move(candidate);
  return &uncached_;
}

void Verifier::waste(Source source, Now now) {
  ++counters_.wasted;
  budget_.charge(source, now.boot);
}

std::uint64_t Verifier::rules_epoch() {
  const std::uint64_t generation = index_->rules_generation();
  if (generation != rules_generation_) {
    rules_generation_ = generation;
    ++rules_epoch_;
  }
  return rules_epoch_;
}

const revocation::IssuerRules* Verifier::rules_of(std::string_view issuer) const {
  const auto& rules = index_->rules();
  return rules ? rules->find(issuer) : nullptr;
}

// What becomes of a token by the rules of this moment.
std::optional<Reason> Verifier::apply_rules(const jwt::Payload& payload, std::string_view json,
                                            VerifiedToken& token) {
  // The generation before the rules: if they change meanwhile, this is done again.
  token.rules_epoch = rules_epoch();
  const revocation::IssuerRules* const rules = rules_of(payload.claims.issuer);
  const revocation::IssuerRules none{.issuer = std::string(payload.claims.issuer)};
  auto targets = targets_of(payload, rules != nullptr ? *rules : none);
  if (!targets) return targets.error();
  targets->key = token.targets.key;
  token.targets = *std::move(targets);
  token.look = {};
  token.claims = claims_of(payload, rules != nullptr ? *rules : none, json);
  token.covered = rules != nullptr;
  return std::nullopt;
}

std::optional<Reason> Verifier::renew(VerifiedToken& token) {
  const std::shared_ptr<const Claims> before = token.claims;
  const auto payload = jwt::read_payload(before->payload, payload_reader_);
  if (!payload) return payload.error();
  return apply_rules(*payload, before->payload, token);
}

std::int64_t Verifier::floor_ms(Now now) const {
  // What was purged stays refused whatever the wall clock says: it can have been set back.
  return std::max(to_ms(now.wall), to_ms(index_->purge_time()));
}

std::optional<Reason> Verifier::refused_by_time(const VerifiedToken& token, Now now) const {
  return refused_by_dates(token.expires, token.not_before, token.issued,
                          {.now_ms = to_ms(now.wall), .floor_ms = floor_ms(now)}, options_);
}

Outcome Verifier::accept_if_fresh(const std::shared_ptr<const Claims>& claims, bool covered,
                                  Now now) const {
  if (covered && fresh(now)) return Decision::accept(claims);
  switch (options_.on_stale) {
    case OnStale::kRefuse:
      return Decision::refuse(Reason::kStale);
    case OnStale::kAccept:
      return Decision::accept_stale(claims);
    case OnStale::kIntrospect:
      return Pending{claims};
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
  const revocation::FeedState state = index_->state();
  if (!state.ready || !state.can_follow) return Milliseconds::max();
  return state.freshness.staleness(now, options_.max_clock_skew);
}

bool Verifier::fresh(Now now) const { return staleness(now) <= options_.max_staleness; }

}  // namespace rescind::verifier
