#pragma once
// What checking a token ends in. C++20; no dependency. Values; thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rescind {

// Why a token is refused. Closed: a switch over it has no default. The words of `to_string` are
// stable; they stand in logs, metrics and headers.
enum class Reason : std::uint8_t {
  kMissing,      // no token where one is required
  kTooLarge,     // longer than the limit
  kMalformed,    // not three base64url parts (RFC 7515 7.1)
  kJson,         // header or payload is not strict JSON
  kHeader,       // a header member that is refused (jwk, jku, x5u, x5c, b64, zip) or ill-typed
  kCrit,         // any `crit` (RFC 7515 4.1.11): no extension is supported
  kAlgorithm,    // not on the issuer's allowlist, or not the key's own
  kType,         // `typ` is not that of an access token (RFC 9068 4)
  kIssuer,       // `iss` is not configured
  kClaim,        // a required claim is missing or ill-typed
  kExpired,      // `exp`, or what the purge time makes of it
  kNotYetValid,  // `nbf` or `iat` lies ahead
  kAudience,     // `aud` does not name this service
  kUnknownKey,   // no key of the issuer for this `kid`
  kSignature,    // the signature is wrong
  kSignedOut,    // revoked by its user
  kRevoked,      // revoked
  kCompromised,  // revoked as stolen
  kStale,        // nobody can vouch for the index, and the policy is to refuse
  kScope,        // a good token without the scope that the route asks for
};

constexpr std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kMissing:
      return "missing";
    case Reason::kTooLarge:
      return "too_large";
    case Reason::kMalformed:
      return "malformed";
    case Reason::kJson:
      return "json";
    case Reason::kHeader:
      return "header";
    case Reason::kCrit:
      return "crit";
    case Reason::kAlgorithm:
      return "algorithm";
    case Reason::kType:
      return "type";
    case Reason::kIssuer:
      return "issuer";
    case Reason::kClaim:
      return "claim";
    case Reason::kExpired:
      return "expired";
    case Reason::kNotYetValid:
      return "not_yet_valid";
    case Reason::kAudience:
      return "audience";
    case Reason::kUnknownKey:
      return "unknown_key";
    case Reason::kSignature:
      return "signature";
    case Reason::kSignedOut:
      return "signed_out";
    case Reason::kRevoked:
      return "revoked";
    case Reason::kCompromised:
      return "compromised";
    case Reason::kStale:
      return "stale";
    case Reason::kScope:
      return "scope";
  }
  return "malformed";  // no such reason
}

// The identity of an accepted token. Empty strings where the token has no such claim.
struct Claims {
  std::string issuer;
  std::string subject;
  std::string token_id;    // jti
  std::string session_id;  // by the issuer's rules: sid, session_id, origin_jti …
  std::string client_id;
  std::string scope;
  std::string email;
  std::vector<std::string> audience;
  std::int64_t issued_at = 0;   // s since 1970
  std::int64_t expires_at = 0;  // s since 1970
  std::string payload;          // the whole payload as JSON, as it was signed
};

// Accept carries claims; refuse carries a reason and never claims. Accepted while stale (policy
// `accept`) is marked; stale under `refuse` is a refusal with Reason::kStale. Copying is cheap:
// claims are shared and immutable.
class Decision {
 public:
  static Decision accept(std::shared_ptr<const Claims> claims) {
    return Decision(std::move(claims), std::nullopt, false);
  }
  static Decision accept_stale(std::shared_ptr<const Claims> claims) {
    return Decision(std::move(claims), std::nullopt, true);
  }
  static Decision refuse(Reason reason) { return Decision(nullptr, reason, false); }

  bool accepted() const { return !reason_.has_value(); }
  // Accepted only because the policy accepts while nobody can vouch for the index.
  bool stale() const { return stale_; }
  // Null where it is refused.
  const Claims* claims() const { return claims_.get(); }
  // Set exactly where it is refused.
  std::optional<Reason> reason() const { return reason_; }

 private:
  Decision(std::shared_ptr<const Claims> claims, std::optional<Reason> reason, bool stale)
      : claims_(std::move(claims)), reason_(reason), stale_(stale) {}

  std::shared_ptr<const Claims> claims_;
  std::optional<Reason> reason_;
  bool stale_;
};

}  // namespace rescind
