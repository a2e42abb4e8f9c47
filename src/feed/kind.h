#pragma once
// The names of the kinds of word on the wire (docs/formats.md), as events of a SET. Pure.

#include <string_view>

#include "feed/batch.h"

namespace rescind::feed {

inline constexpr std::string_view kEventPrefix = "urn:rescind:event:";
inline constexpr std::string_view kHeartbeatEvent = "urn:rescind:event:heartbeat";
inline constexpr std::string_view kForeverText = "never";  // an `until` that does not come

constexpr std::string_view event_of(Kind kind) {
  switch (kind) {
    case Kind::kRevocations:
      return "urn:rescind:event:revocations";
    case Kind::kRules:
      return "urn:rescind:event:rules";
    case Kind::kKeys:
      return "urn:rescind:event:keys";
    case Kind::kTerm:
      return "urn:rescind:event:term";
    case Kind::kUnknown:
      break;
  }
  return {};
}

constexpr Kind kind_of(std::string_view event) {
  for (const Kind kind : {Kind::kRevocations, Kind::kRules, Kind::kKeys, Kind::kTerm}) {
    if (event_of(kind) == event) return kind;
  }
  return Kind::kUnknown;
}

}  // namespace rescind::feed
