// The verifier for those who have verified the token themselves: revocation and freshness alone.

#include "verifier/checks.h"
#include "verifier/verifier.h"

namespace rescind::verifier {
namespace {

// Of the dates what revocation rests on: entries live no longer than the tokens that they hit are
// allowed to, and are forgotten once those have expired.
std::optional<Reason> outlives_its_entries(const jwt::RegisteredClaims& claims,
                                           std::int64_t purged_ms, std::int64_t now_ms,
                                           const Options& options) {
  const std::int64_t lifetime_ms = Milliseconds(options.max_token_lifetime).count();
  if (!claims.expires) return Reason::kClaim;
  if (purged_ms >= *claims.expires + Milliseconds(options.leeway).count()) return Reason::kExpired;
  if (*claims.expires - claims.issued.value_or(now_ms) > lifetime_ms) return Reason::kClaim;
  return std::nullopt;
}

}  // namespace

std::expected<std::size_t, Reason> Verifier::index_of(std::string_view issuer) const {
  if (indexes_.size() == 1) return 0;
  const TrustedIssuer* const trusted = issuers_->find(issuer);
  if (trusted == nullptr) return std::unexpected(Reason::kIssuer);
  return trusted->index;
}

// The key that verified it, as far as that can be told: the one that it names, else its issuer's
// only one.
void Verifier::add_key(std::string_view issuer, std::optional<std::string_view> key_id,
                       Targets& to) {
  const TrustedIssuer* const trusted = issuers_->find(issuer);
  const jwt::Key* const key = trusted != nullptr ? trusted->keys->find(key_id) : nullptr;
  if (key != nullptr) key_id = key->revocation_id();
  if (key_id) to.plain.push_back(memo_.key_of(issuer, revocation::claim::kKeyId, *key_id));
}

Outcome Verifier::check_claims(std::string_view json, std::optional<std::string_view> key_id,
                               Now now) {
  ++counters_.checks;
  const auto payload = jwt::read_payload(json, payload_reader_);
  if (!payload) return Decision::refuse(payload.error());
  const auto place = index_of(payload->claims.issuer);
  if (!place) return Decision::refuse(place.error());
  const auto by_rules = apply_rules(*payload, json, *place);
  if (!by_rules) return Decision::refuse(by_rules.error());
  add_key(payload->claims.issuer, key_id, targets_);
  const AttachedIndex& index = indexes_[*place];
  LastLook never;
  const auto revocation = revoked(view_of(targets_), never, index.reader());
  if (const auto reason = outlives_its_entries(payload->claims, to_ms(index->purge_time()),
                                               to_ms(now.wall), options_)) {
    return Decision::refuse(*reason);
  }
  if (revocation) return Decision::refuse(refusal(*revocation));
  return accept_if_fresh(by_rules->claims, by_rules->covered, view_of(targets_), index, now);
}

std::expected<Watched, Reason> Verifier::watch(std::string_view json,
                                               std::optional<std::string_view> key_id) {
  Watched watched;
  watched.payload_ = json;
  if (key_id) watched.key_id_ = *key_id;
  if (const auto reason = derive(watched)) return std::unexpected(*reason);
  return watched;
}

std::optional<Reason> Verifier::revoked_now(Watched& watched) {
  const AttachedIndex& index = indexes_[watched.index_];
  if (watched.rules_generation_ != index->rules_generation() ||
      watched.region_ != index->view()->name()) {
    if (const auto reason = derive(watched)) return reason;
  }
  const auto revocation = revoked(view_of(watched.targets_), watched.look_, index.reader());
  return revocation ? std::optional(refusal(*revocation)) : std::nullopt;
}

std::optional<Reason> Verifier::derive(Watched& watched) {
  const auto payload = jwt::read_payload(watched.payload_, payload_reader_);
  if (!payload) return payload.error();
  const jwt::RegisteredClaims& claims = payload->claims;
  if (!claims.expires) return Reason::kClaim;
  watched.expires_ = *claims.expires;
  const auto place = index_of(claims.issuer);
  if (!place) return place.error();
  const AttachedIndex& index = indexes_[*place];
  watched.index_ = *place;
  watched.region_ = index->view()->name();
  // The generation before the rules: if they change meanwhile, this is done again.
  watched.rules_generation_ = index->rules_generation();
  const revocation::IssuerRules* const rules = index.rules_of(claims.issuer);
  static const revocation::IssuerRules kNone;
  if (const auto reason =
          find_targets(*payload, rules != nullptr ? *rules : kNone, memo_, watched.targets_)) {
    return reason;
  }
  add_key(claims.issuer, watched.key_id_, watched.targets_);
  watched.look_ = {};
  return std::nullopt;
}

}  // namespace rescind::verifier
