#include "verifier/verifier.h"

#include <algorithm>

#include "base/check.h"
#include "jwt/base64url.h"
#include "verifier/checks.h"

namespace rescind::verifier {

Verifier::Verifier(const Options& options, const std::vector<View>& indexes,
                   std::shared_ptr<const TrustedIssuers> issuers, Random& random)
    : options_(options),
      budget_(options.failed_signatures_per_second, options.failed_signatures_burst, random),
      cache_(options.cached_tokens, random) {
  CHECK(!indexes.empty() && indexes.size() <= kMaxIndexes);
  for (const View& view : indexes) indexes_.emplace_back(view, options.max_clock_skew);
  set_issuers(std::move(issuers));
}

void Verifier::set_issuers(std::shared_ptr<const TrustedIssuers> issuers) {
  for (const TrustedIssuer& issuer : issuers->all()) CHECK(issuer.index < indexes_.size());
  issuers_ = std::move(issuers);
  ++issuers_epoch_;
}

void Verifier::set_index(View index, std::size_t place) {
  indexes_.at(place).replace(std::move(index));
}

Outcome Verifier::check(std::string_view token, Now now, Source source,
                        std::optional<revocation::Position> wanted) {
  ++counters_.checks;
  VerifiedToken* known = cache_.find(token);
  const bool seen_before = known != nullptr;
  if (!seen_before || known->issuers_epoch != issuers_epoch_) {
    const auto verified = verify(token, seen_before, now, source);
    if (!verified) return Decision::refuse(verified.error());
    known = *verified;
  } else {
    ++counters_.cached;
    if (known->rules_epoch != indexes_[known->index].rules_epoch()) {
      const auto renewed = renew(*known);
      if (!renewed) return Decision::refuse(renewed.error());
      known = *renewed;
    }
  }
  const AttachedIndex& index = indexes_[known->index];
  // Read before the entries: a position is published after those that belong to it.
  const bool behind = wanted && index->state().position < *wanted;
  // The purge time is read after the look-up: an entry that was purged meanwhile is no loss, since
  // its tokens are then refused by the dates.
  const auto revocation = revoked(known->targets(), known->look, index.reader());
  if (const auto reason = refused_by_time(known->dates, index, now)) {
    return Decision::refuse(*reason);
  }
  if (revocation) {
    if (!seen_before) waste(source, now);
    return Decision::refuse(refusal(*revocation));
  }
  if (seen_before) cache_.prove(*known);
  if (behind && known->covered && fresh(index, now)) {
    return Pending{.claims = known->claims, .targets = nullptr, .behind = true};
  }
  return accept_if_fresh(known->claims, known->covered, known->targets(), index, now);
}

// The way of a token that was not seen before: from cheap to dear.
std::expected<Verifier::Candidate, Reason> Verifier::read(std::string_view token, Now now) {
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
  if (const auto reason =
          refused_by_time(dates_of(payload->claims), indexes_[issuer->index], now)) {
    return std::unexpected(*reason);
  }
  // No key has been fetched yet, or all have grown too old: this cannot be decided.
  if (issuer->keys->keys().empty()) return std::unexpected(Reason::kStale);
  const jwt::Key* key = issuer->keys->find(header->key_id);
  if (key == nullptr) {
    issuer_of_unknown_key_ = issuer->issuer;
    return std::unexpected(Reason::kUnknownKey);
  }
  if (key->algorithm() != header->algorithm) return std::unexpected(Reason::kAlgorithm);
  return Candidate{*parts, *payload, issuer, key};
}

std::expected<VerifiedToken*, Reason> Verifier::verify(std::string_view token, bool seen_before,
                                                       Now now, Source source) {
  const auto candidate = read(token, now);
  if (!candidate) return std::unexpected(candidate.error());
  // What was seen before was genuine: only the keys have changed since.
  if (!seen_before && budget_.spent(source, now.boot)) {
    ++counters_.unchecked;
    return std::unexpected(Reason::kSignature);
  }
  ++counters_.signatures;
  if (!candidate->key->verify(candidate->parts.signing_input, bytes_of(signature_))) {
    waste(source, now);
    return std::unexpected(Reason::kSignature);
  }
  auto by_rules = apply_rules(candidate->payload, payload_, candidate->issuer->index);
  if (!by_rules) {
    waste(source, now);
    return std::unexpected(by_rules.error());
  }
  targets_.plain.push_back(memo_.key_of(candidate->issuer->issuer, revocation::claim::kKeyId,
                                        candidate->key->revocation_id()));
  return remember(token, dates_of(candidate->payload.claims), *std::move(by_rules));
}

// The rules have changed since it was verified, or the region: its signature is as good as before.
std::expected<VerifiedToken*, Reason> Verifier::renew(const VerifiedToken& token) {
  const auto payload = jwt::read_payload(token.claims->payload, payload_reader_);
  if (!payload) return std::unexpected(payload.error());
  auto by_rules = apply_rules(*payload, token.claims->payload, token.index);
  if (!by_rules) return std::unexpected(by_rules.error());
  // That of the key which verified it: verify() has put it last.
  targets_.plain.push_back(token.targets().plain.back());
  return remember(token.text(), token.dates, *std::move(by_rules));
}

void Verifier::waste(Source source, Now now) {
  ++counters_.wasted;
  budget_.charge(source, now.boot);
}

std::expected<Verifier::ByRules, Reason> Verifier::apply_rules(const jwt::Payload& payload,
                                                               std::string_view json,
                                                               std::size_t place) {
  static const revocation::IssuerRules kNone;
  // The generation before the rules: if they change meanwhile, this is done again. Rules that
  // cannot be read are asked for again at each check.
  AttachedIndex& index = indexes_[place];
  const std::uint32_t epoch = index.rules_epoch();
  const bool readable = index->rules() != nullptr;
  const revocation::IssuerRules* const found = index.rules_of(payload.claims.issuer);
  const revocation::IssuerRules& rules = found != nullptr ? *found : kNone;
  if (const auto reason = find_targets(payload, rules, memo_, targets_)) {
    return std::unexpected(*reason);
  }
  return ByRules{.claims = claims_of(payload, rules, json),
                 .covered = found != nullptr,
                 .epoch = readable ? epoch : 0,
                 .index = static_cast<std::uint8_t>(place)};
}

VerifiedToken* Verifier::remember(std::string_view token, const Dates& dates, ByRules by_rules) {
  VerifiedTokenPtr verified = VerifiedToken::make(token, targets_);
  verified->issuers_epoch = issuers_epoch_;
  verified->rules_epoch = by_rules.epoch;
  verified->index = by_rules.index;
  verified->dates = dates;
  verified->claims = std::move(by_rules.claims);
  verified->covered = by_rules.covered;
  return cache_.insert(std::move(verified));
}

std::optional<Reason> Verifier::refused_by_time(const Dates& dates, const AttachedIndex& index,
                                                Now now) const {
  // What was purged stays refused whatever the wall clock says: it can have been set back.
  const std::int64_t now_ms = to_ms(now.wall);
  return refused_by_dates(
      dates, {.now_ms = now_ms, .floor_ms = std::max(now_ms, to_ms(index->purge_time()))},
      options_);
}

Outcome Verifier::accept_if_fresh(const std::shared_ptr<const Claims>& claims, bool covered,
                                  const TargetsView& targets, const AttachedIndex& index,
                                  Now now) const {
  const bool vouched = covered && fresh(index, now);
  if (!vouched && options_.on_stale == OnStale::kRefuse) return Decision::refuse(Reason::kStale);
  if (!vouched && options_.on_stale == OnStale::kIntrospect) return Pending{.claims = claims};
  if (options_.entries_elsewhere) {
    return Pending{.claims = claims,
                   .targets = std::make_shared<const Targets>(owned(targets)),
                   .stale = !vouched,
                   .accept_unanswered = options_.on_stale == OnStale::kAccept};
  }
  return vouched ? Decision::accept(claims) : Decision::accept_stale(claims);
}

Outcome Verifier::decide_behind(const Pending& behind) const {
  switch (options_.on_stale) {
    case OnStale::kRefuse:
      break;
    case OnStale::kAccept:
      return Decision::accept_stale(behind.claims);
    case OnStale::kIntrospect:
      return Pending{.claims = behind.claims, .targets = nullptr};
  }
  return Decision::refuse(Reason::kStale);
}

Decision Verifier::finish(const Pending& pending, Answer answer) {
  switch (answer) {
    case Answer::kActive:
      return pending.stale ? Decision::accept_stale(pending.claims)
                           : Decision::accept(pending.claims);
    case Answer::kInactive:
      return Decision::refuse(Reason::kRevoked);
    case Answer::kSignedOut:
      return Decision::refuse(Reason::kSignedOut);
    case Answer::kCompromised:
      return Decision::refuse(Reason::kCompromised);
    case Answer::kUnavailable:
      break;
  }
  return pending.accept_unanswered ? Decision::accept_stale(pending.claims)
                                   : Decision::refuse(Reason::kStale);
}

const AttachedIndex& Verifier::stalest(Now now) const {
  return *std::ranges::max_element(
      indexes_, {}, [now](const AttachedIndex& index) { return index.staleness(now); });
}

}  // namespace rescind::verifier
