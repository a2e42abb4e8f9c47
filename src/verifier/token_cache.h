#pragma once
// Tokens whose signature has been found good. It may spare parsing and the signature, never times,
// audience or revocation: those are asked at every check. Bounded, positive only; a keyed hash
// finds the slot, the whole token is compared byte for byte, so no collision can make one token
// another. One thread. What was made under other keys or rules its user makes anew.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "jwt/claims.h"
#include "verifier/targets.h"
#include "verifier/trusted_issuer.h"

namespace rescind::verifier {

// What is known of a token whose signature is good.
struct VerifiedToken {
  std::string token;
  std::shared_ptr<const Claims> claims;
  std::optional<jwt::NumericDate> expires, not_before, issued;
  Targets targets;
  std::uint64_t issuers_epoch = 0;  // whose keys verified it
  std::uint64_t rules_epoch = 0;    // from whose rules, of which region, the targets are
  // False where no rules name its issuer: nobody has said what of it can be revoked, so nobody can
  // vouch for it, however fresh the feed is.
  bool covered = false;
  LastLook look;
};

class TokenCache {
 public:
  // Rounded up to a power of two; 0: remembers nothing.
  TokenCache(std::size_t capacity, Random& random);

  // Null where it is not there. Valid until the next insert().
  VerifiedToken* find(std::string_view token);
  VerifiedToken* insert(VerifiedToken token);

 private:
  static constexpr std::size_t kWays = 2;  // a new entry takes the place of the older of two
  std::size_t slot_of(std::string_view token) const;

  std::array<unsigned char, 16> secret_{};
  std::vector<VerifiedToken> slots_;
};

}  // namespace rescind::verifier
