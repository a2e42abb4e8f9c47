#pragma once
// A revocation: "refuse what hits this target and was stamped before `cut`; forget this after
// `until`", with a reason. Two of the same target join: largest cut, largest until, gravest reason.
// So applying is commutative, associative and idempotent, and nothing is ever taken back. Values.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "revocation/position.h"
#include "revocation/target.h"

namespace rescind::revocation {

// Ordered by gravity; two bits in the index and the snapshot.
enum class Reason : std::uint8_t { kSignedOut = 0, kRevoked = 1, kCompromised = 2 };
std::string_view to_string(Reason reason);  // "signed_out", "revoked", "compromised"
std::optional<Reason> reason_named(std::string_view name);

// Whole seconds since 1970. `kForever` (kid): never purged.
using UntilSeconds = std::uint64_t;
inline constexpr UntilSeconds kForever = ~UntilSeconds{0};

struct Revocation {
  Target target;
  std::optional<Stamp> cut;  // exactly where has_cut(target.claim)
  UntilSeconds until = 0;
  Reason reason = Reason::kRevoked;

  bool operator==(const Revocation&) const = default;
};

// What the index and the snapshot keep of one: the key in the target's place.
struct Entry {
  Key key;
  std::optional<Stamp> cut;
  UntilSeconds until = 0;
  Reason reason = Reason::kRevoked;

  bool operator==(const Entry&) const = default;
};
Entry entry_of(const Revocation& revocation);

}  // namespace rescind::revocation
