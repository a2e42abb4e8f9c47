#pragma once
// What may be revoked, issuer by issuer: part of the feed (a `rules` batch), kept in index and
// snapshot. A verifier takes revocation keys from these, never from its own configuration.
// Immutable values, shared by shared_ptr<const Rules>.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace rescind::revocation {

// How the issuer's things are ordered. kPosition: our own (`fpos`); a token is hit when stamp <
// cut. kTime: foreign (`iat`, ms); hit when stamp ≤ cut, the safe side of their one second.
enum class StampKind : std::uint8_t { kPosition, kTime };

struct IssuerRules {
  std::string issuer;
  StampKind stamps = StampKind::kPosition;
  std::vector<std::string> session_claims;    // each of them counts as "sid"
  std::vector<std::string> revocable_claims;  // beyond jti, sid, sub, client_id, kid, iss
  std::chrono::seconds longest_lifetime{0};   // of a token
  std::chrono::seconds longest_session{0};

  bool operator==(const IssuerRules&) const = default;
};

struct Rules {
  std::vector<IssuerRules> issuers;

  const IssuerRules* find(std::string_view issuer) const;
  bool operator==(const Rules&) const = default;
};

inline constexpr std::size_t kMaxIssuers = 256;
inline constexpr std::size_t kMaxClaimsPerIssuer = 16;  // session and revocable claims, each
// Of a token or a session; 100 years. So that no sum with a time overflows.
inline constexpr std::chrono::seconds kLongestLifetime{3'153'600'000};

// Of the text of the largest rules.
inline constexpr json::Limits kRulesLimits{
    .bytes = std::size_t{16} << 20U, .depth = 8, .members = 65'536};

// The JSON of docs/formats.md, canonical: one spelling for equal rules, whatever their order here.
std::string to_json(const Rules& rules);
// kInvalid: wrong types, limits, an issuer or a claim twice, a reserved claim declared, a lifetime
// of nothing (entries would be forgotten while tokens live). Unknown members are ignored. Issuers
// and claims come out sorted.
Result<Rules> parse_rules(json::Value value);

// Whether an entry may still live that this claim of this issuer made. Asked for claims that get
// lost.
using StillAlive = std::function<bool(std::string_view issuer, std::string_view claim)>;

// Rules may only grow, or lose a claim (or an issuer, which loses them all) once nothing alive was
// made by it; the order of an issuer's stamps never changes. kInvalid with what is wrong. Who
// cannot know what is alive (a follower, which has the authority's signature for it) leaves
// `still_alive` out.
Result<void> check_successor(const Rules& before, const Rules& after,
                             const StillAlive& still_alive = {});

}  // namespace rescind::revocation
