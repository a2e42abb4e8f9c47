#pragma once
// Whose tokens are accepted, with which keys. An immutable set, swapped whole by shared_ptr when
// keys rotate; thread-safe. What of an issuer can be *revoked* is not here: that comes with the
// feed.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/key.h"

namespace rescind::verifier {

struct TrustedIssuer {
  std::string issuer;                      // `iss`, compared byte for byte
  std::vector<jwt::Algorithm> algorithms;  // allowlist (RFC 8725 3.1)
  std::vector<std::string> audiences;      // one of them has to be in `aud`; empty: not looked at
  std::vector<std::string> types = {
      "at+jwt"};                            // `typ`, with or without "application/" (RFC 9068 4)
  bool type_required = true;                // false: a token without `typ` passes (older issuers)
  bool token_id_required = true;            // without a jti it cannot be revoked singly
  std::shared_ptr<const jwt::KeySet> keys;  // never null
  // Which of its verifier's indexes is that of its feed: no other one can revoke its tokens.
  std::size_t index = 0;
};

class TrustedIssuers {
 public:
  TrustedIssuers() = default;
  explicit TrustedIssuers(std::vector<TrustedIssuer> issuers) : issuers_(std::move(issuers)) {}

  // Null where it is not configured.
  const TrustedIssuer* find(std::string_view issuer) const;
  const std::vector<TrustedIssuer>& all() const { return issuers_; }

 private:
  std::vector<TrustedIssuer> issuers_;
};

}  // namespace rescind::verifier
