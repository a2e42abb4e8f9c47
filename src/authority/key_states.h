#pragma once
// The life of a token signing key: next → active → retired → gone. A standby (`next`) is always
// published, long before it signs, so that a rotation surprises no verifier and a stolen key can be
// replaced at once. A retired key stays published until the last token that it signed has expired.
// Pure: rows in, rows out.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/records.h"

namespace rescind::authority {

struct KeyPlan {
  std::string algorithm;  // of new keys
  std::chrono::seconds rotate_every{0};
  std::chrono::seconds publish_before{0};
  std::chrono::seconds lifetime{0};  // of the longest-lived token
};

// What is left of a key's life past its last token: leeway of verifiers, and a mint under way.
inline constexpr std::chrono::seconds kKeyMargin{120};

// Brings the rows to the state that is due at `now`; takes new keys from the back of `spares` as
// needed. Returns the rows that changed. Where spares run out, what needs them stays undone.
std::vector<store::SigningKeyRow> advance_keys(std::vector<store::SigningKeyRow> rows, WallTime now,
                                               const KeyPlan& plan,
                                               std::vector<store::SigningKeyRow> spares);
// How many spares advance_keys() would take.
std::size_t spares_needed(const std::vector<store::SigningKeyRow>& rows, WallTime now,
                          const KeyPlan& plan);

// The active key retires now and the standby takes its place; nothing changes without a standby.
std::vector<store::SigningKeyRow> rotate_keys(const std::vector<store::SigningKeyRow>& rows,
                                              WallTime now, const KeyPlan& plan);
// The key is revoked: gone at once, whatever it has signed. Where it was the active one, the
// standby takes its place.
std::vector<store::SigningKeyRow> remove_key(const std::vector<store::SigningKeyRow>& rows,
                                             std::string_view id, WallTime now);

}  // namespace rescind::authority
