#pragma once
// The feed's public keys, as JWKs in JSON and as a key set. A follower that is pinned to an old key
// gets to the new one by announcements: `keys` batches, each signed under the keys before it. Pure.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "jwt/key.h"

namespace rescind::feed {

// The JWKs in the array `name`: 1 to kMaxFeedKeys Ed25519 keys with a `kid`. kCorrupt.
Result<std::vector<std::string>> read_jwks(json::Value object, std::string_view name);

std::vector<std::string> jwks_of(const jwt::KeySet& keys);
// All of them as one set; the same key twice counts once. kCorrupt: no key, or not Ed25519.
Result<std::shared_ptr<const jwt::KeySet>> key_set_of(std::span<const std::string> jwks);

// `keys` and whatever the announcements vouch for, in their order: one that is signed by a key held
// so far adds its keys; any other is passed over.
std::shared_ptr<const jwt::KeySet> extended(const jwt::KeySet& keys,
                                            std::span<const std::string> announcements);

}  // namespace rescind::feed
