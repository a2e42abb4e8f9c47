#pragma once
// The denylist in Redis: one key for each live revocation, which expires with it, and the feed's
// state beside them. What a keeper (denylist_keeper.h) writes and a service asks
// (redis_denylist.h), also one that is not ours: docs/formats.md has it. Pure.
//
//   NAME:<key, 32 hex digits>   "1 00000000001763800960", with a cut
//                               "1 00000000001763800960 00001763800000000.00000000000000000042"
//   NAME:state                  what the entries are worth: DenylistState as JSON
//   NAME:rules                  the issuers' rules as in the feed
//   NAME:whole                  there as long as nothing was lost since all entries were written
//
// In a value every number has twenty digits, so that the larger one is the later text: whoever
// joins two values takes the larger reason, until and cut.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "revocation/revocation.h"

namespace rescind::strategy {

std::string denylist_key(std::string_view name, const revocation::Key& key);
std::string denylist_state_key(std::string_view name);
std::string denylist_rules_key(std::string_view name);
std::string denylist_whole_key(std::string_view name);

// An entry but for its key.
struct DenylistValue {
  revocation::Reason reason = revocation::Reason::kRevoked;
  revocation::UntilSeconds until = 0;
  std::optional<revocation::Stamp> cut;

  bool operator==(const DenylistValue&) const = default;
};
DenylistValue denylist_value_of(const revocation::Entry& entry);
std::string to_string(const DenylistValue& value);
// Nothing where it is none: then nobody can say what it stands for.
std::optional<DenylistValue> parse_denylist_value(std::string_view text);

// All revocations up to `position` are there; all that the authority had acknowledged at `at`.
struct DenylistState {
  revocation::Position position;
  WallTime at{};
  WallTime purge{};   // what was purged has an until before this
  std::string rules;  // SHA-256 of NAME:rules, hex

  bool operator==(const DenylistState&) const = default;
};
std::string to_json(const DenylistState& state);
// kCorrupt.
Result<DenylistState> parse_denylist_state(std::string_view text);

}  // namespace rescind::strategy
