#include "verifier/targets.h"

#include <algorithm>

namespace rescind::verifier {
namespace {

using revocation::Key;
using revocation::ValueView;
namespace claim = revocation::claim;

// Strings and integers within ±2^53 can be revoked; of an array, each such element.
std::optional<ValueView> revocable(json::Value value) {
  if (const auto text = value.string()) return ValueView(*text);
  const auto number = value.integer();
  if (number && *number <= revocation::kMaxInteger && *number >= -revocation::kMaxInteger) {
    return ValueView(*number);
  }
  return std::nullopt;
}

class Collector {
 public:
  explicit Collector(std::string_view issuer) : issuer_(issuer) {}

  void add(std::vector<Key>& to, std::string_view canonical, json::Value value) {
    if (!value.is_array()) return add_one(to, canonical, value);
    for (auto element = value.first(); element; element = element->next()) {
      add_one(to, canonical, *element);
    }
  }
  void add_text(std::vector<Key>& to, std::string_view canonical, std::string_view text) {
    if (++count_ <= kMaxTargets) to.push_back(revocation::key_of(issuer_, canonical, text));
  }
  void add_shared(std::vector<Key>& to, std::string_view canonical, std::string_view text,
                  SharedKeysMemo& memo) {
    if (++count_ <= kMaxTargets) to.push_back(memo.key_of(issuer_, canonical, text));
  }
  bool overflowed() const { return count_ > kMaxTargets; }

 private:
  void add_one(std::vector<Key>& to, std::string_view canonical, json::Value value) {
    const auto revocable_value = revocable(value);
    if (!revocable_value || ++count_ > kMaxTargets) return;
    to.push_back(revocation::key_of(issuer_, canonical, *revocable_value));
  }

  std::string_view issuer_;
  std::size_t count_ = 0;
};

revocation::Stamp stamp_of(const jwt::Payload& payload, revocation::StampKind kind) {
  if (kind == revocation::StampKind::kTime) {
    const auto issued = payload.claims.issued;
    return issued && *issued > 0 ? revocation::stamp_of_ms(static_cast<std::uint64_t>(*issued))
                                 : revocation::Stamp{};
  }
  const auto position = payload.object.find("fpos");
  if (!position || !position->is_string()) return {};
  return revocation::parse_position(*position->string()).value_or(revocation::Stamp{});
}

}  // namespace

bool hits(const TargetsView& targets, revocation::Stamp cut) {
  // Foreign times: the safe side of their one second.
  if (targets.stamps == revocation::StampKind::kTime) return targets.stamp <= cut;
  return targets.stamp < cut;
}

Key SharedKeysMemo::key_of(std::string_view issuer, std::string_view claim,
                           std::string_view value) {
  const std::size_t slot = std::hash<std::string_view>()(value) + claim.size();
  Entry& entry = entries_[slot % entries_.size()];
  if (entry.value != value || entry.issuer != issuer || entry.claim != claim) {
    entry.key = revocation::key_of(issuer, claim, ValueView(value));
    entry.issuer = issuer;
    entry.claim = claim;
    entry.value = value;
  }
  return entry.key;
}

std::optional<Reason> find_targets(const jwt::Payload& payload,
                                   const revocation::IssuerRules& rules, SharedKeysMemo& memo,
                                   Targets& out) {
  out.plain.clear();
  out.cut.clear();
  out.stamps = rules.stamps;
  out.stamp = stamp_of(payload, rules.stamps);
  const jwt::RegisteredClaims& claims = payload.claims;
  Collector collect(claims.issuer);
  const auto add = [&](std::vector<Key>& to, std::string_view canonical, std::string_view name) {
    if (const auto value = payload.object.find(name)) collect.add(to, canonical, *value);
  };
  if (claims.token_id) collect.add_text(out.plain, claim::kTokenId, *claims.token_id);
  for (const std::string& name : rules.session_claims) add(out.plain, claim::kSession, name);
  if (claims.subject) collect.add_text(out.cut, claim::kSubject, *claims.subject);
  const auto client = payload.object.find(claim::kClient);
  if (client && client->is_string()) {
    collect.add_shared(out.cut, claim::kClient, *client->string(), memo);
  } else if (client) {
    collect.add(out.cut, claim::kClient, *client);
  }
  collect.add_shared(out.cut, claim::kIssuer, claims.issuer, memo);
  for (const std::string& name : rules.revocable_claims) add(out.cut, name, name);
  return collect.overflowed() ? std::optional(Reason::kClaim) : std::nullopt;
}

std::optional<revocation::Reason> revoked(const TargetsView& targets, LastLook& last,
                                          const revocation::Index::Reader& index) {
  // Read before the look-ups: what is applied meanwhile makes the next one look again. In this
  // order: a writer counts a cut before it counts the change, so who sees the change sees the cut.
  const std::uint64_t version = index.version();
  const std::uint64_t cut_version = index.cut_version();
  if (last.unrevoked_at == version && version != 0) return std::nullopt;

  std::optional<revocation::Reason> gravest;
  const auto note = [&](revocation::Reason reason) {
    gravest = gravest ? std::max(*gravest, reason) : reason;
  };
  for (const Key& key : targets.plain) {
    if (const auto reason = index.find(key)) note(*reason);
  }
  const bool cuts_as_before = last.unrevoked_at != 0 && last.uncut_at == cut_version;
  if (!cuts_as_before) {
    for (const Key& key : targets.cut) {
      const auto entry = index.find_cut(key);
      if (entry && hits(targets, entry->cut)) note(entry->reason);
    }
  }
  if (!gravest) last = {.unrevoked_at = version, .uncut_at = cut_version};
  return gravest;
}

Reason refusal(revocation::Reason reason) {
  switch (reason) {
    case revocation::Reason::kSignedOut:
      return Reason::kSignedOut;
    case revocation::Reason::kRevoked:
      return Reason::kRevoked;
    case revocation::Reason::kCompromised:
      return Reason::kCompromised;
  }
  return Reason::kRevoked;
}

std::string_view session_of(const jwt::Payload& payload, const revocation::IssuerRules& rules) {
  for (const std::string& name : rules.session_claims) {
    const auto value = payload.object.find(name);
    if (value && value->is_string()) return *value->string();
  }
  return {};
}

}  // namespace rescind::verifier
