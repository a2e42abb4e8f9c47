#pragma once
// Refresh tokens: opaque, 256 bits, "rsr_" and 43 characters of base64url (the prefix is there for
// secret scanners). Only SHA-256 of a token is stored. A token's successor is derived from it with
// a key outside the database (HMAC-SHA256), so that a client whose answer was lost can be given the
// same successor again, byte for byte, though nobody kept it. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "authority/master_key.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"

namespace rescind::authority {

inline constexpr std::string_view kRefreshPrefix = "rsr_";

Secret first_refresh_token(Random& random);
Secret successor_of(const Secret& parent, const MasterKey& key);
Digest refresh_hash(std::string_view token);
// Whether it has the form of one; says nothing of its being one.
bool looks_like_refresh_token(std::string_view token);

// An identifier of 128 random bits: prefix and 22 characters of base64url.
std::string random_id(std::string_view prefix, Random& random);

}  // namespace rescind::authority
