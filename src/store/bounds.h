#pragma once
// How long a revocation of many tokens has to be remembered: until the last token that it may hit
// has expired. Two numbers say so, kept in the store: a bound that no `iat` of ours exceeds, and
// the longest lifetime of a token that may still be alive. Values; pure.

#include "revocation/revocation.h"
#include "store/transaction.h"

namespace rescind::store {

// IssuanceBounds as they are stored, with what lets the lifetime fall again.
struct StoredBounds {
  IssuanceBounds bounds;
  WallTime longest_issued{};             // no token of the longest lifetime has a later `iat`
  std::chrono::seconds next_lifetime{};  // the longest one asked for since, where shorter

  bool operator==(const StoredBounds&) const = default;
};

// What holds before a token is minted with this `iat` and lifetime. The `iat` is raised kBoundStep
// further, so that most mintings change nothing. A shorter lifetime takes effect only when the last
// token of the longer one has expired.
StoredBounds raised(const StoredBounds& stored, const IssuanceBounds& at_least);

// The `until` of what hits any of our access tokens minted up to now: the later of the batch's `at`
// and the bound of `iat`s + the longest lifetime + kMaxLeeway, rounded up.
revocation::UntilSeconds last_expiry(const IssuanceBounds& bounds, WallTime at);

}  // namespace rescind::store
