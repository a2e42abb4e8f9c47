#pragma once
// Where a token and revocation meet: the index keys under which this token can be revoked. Taken
// from the feed's rules, never from a configuration. A token does not know that it can be revoked,
// and the index does not know tokens.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/claims.h"
#include "rescind/decision.h"
#include "revocation/index.h"
#include "revocation/rules.h"

namespace rescind::verifier {

inline constexpr std::size_t kMaxTargets = 64;

struct Targets {
  std::vector<revocation::Key> plain;  // jti, sid, kid: hit when there
  std::vector<revocation::Key> cut;    // sub, client_id, iss, declared claims: hit by stamp
  revocation::Stamp stamp;             // older than everything where the token has none
  revocation::StampKind stamps = revocation::StampKind::kPosition;
};

// The same without owning the keys.
struct TargetsView {
  std::span<const revocation::Key> plain;
  std::span<const revocation::Key> cut;
  revocation::Stamp stamp;
  revocation::StampKind stamps;
};
inline TargetsView view_of(const Targets& targets) {
  return {targets.plain, targets.cut, targets.stamp, targets.stamps};
}

inline Targets owned(const TargetsView& view) {
  return {.plain = {view.plain.begin(), view.plain.end()},
          .cut = {view.cut.begin(), view.cut.end()},
          .stamp = view.stamp,
          .stamps = view.stamps};
}
// Whether an entry of one of targets.cut with this cut hits the token.
bool hits(const TargetsView& targets, revocation::Stamp cut);

// Keys that most tokens of an issuer share (of its signing keys, its clients, itself), so that they
// are not hashed for each. It remembers the pure result of key_of. One thread.
class SharedKeysMemo {
 public:
  revocation::Key key_of(std::string_view issuer, std::string_view claim, std::string_view value);

 private:
  struct Entry {
    std::string issuer, claim, value;
    revocation::Key key;
  };
  std::array<Entry, 64> entries_;
};

// Replaces what is in `out`, whose memory is used again; all but the key that verified it, which a
// payload does not know. kClaim where the token has more than kMaxTargets revocable values.
std::optional<Reason> find_targets(const jwt::Payload& payload,
                                   const revocation::IssuerRules& rules, SharedKeysMemo& memo,
                                   Targets& out);

// When targets were last found not revoked: versions of the index. 0: never.
struct LastLook {
  std::uint64_t unrevoked_at = 0;
  std::uint64_t uncut_at = 0;
};

// The gravest reason for which the index refuses it, or nothing. Looks up what can have changed
// since `last`, and notes in it that nothing was found. Of one region: versions of another tell
// nothing.
std::optional<revocation::Reason> revoked(const TargetsView& targets, LastLook& last,
                                          const revocation::Index::Reader& index);
Reason refusal(revocation::Reason reason);

// The session's id by the rules: the first session claim that the token has. Empty: none.
std::string_view session_of(const jwt::Payload& payload, const revocation::IssuerRules& rules);

}  // namespace rescind::verifier
