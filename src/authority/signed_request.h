#pragma once
// A request to revoke that a service has signed with its own key, for where it cannot reach the
// authority and puts the request on a broker instead. docs/formats.md is normative. Pure.
//
//   header   exactly {"alg":"EdDSA","typ":"rescind-request+jwt","kid":"…"}
//   payload  {"iss":"<client id>","aud":"<the authority's issuer>","jti":"…","iat":s,"exp":s,
//             "request":{…as POST /v1/revocations takes it, but no token…}}

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "authority/revoker.h"
#include "base/clock.h"
#include "jwt/signing_key.h"

namespace rescind::authority {

inline constexpr std::string_view kRequestType = "rescind-request+jwt";
inline constexpr std::size_t kMaxRequestBytes = std::size_t{64} << 10U;  // of the JWS
inline constexpr std::chrono::seconds kLongestRequest{3'600};            // from `iat` to `exp`
inline constexpr std::chrono::seconds kRequestLeeway{60};                // of the client's clock

struct SignedRequest {
  std::string client;
  std::string key_id;
  std::string jti;
  std::int64_t expires_at = 0;  // s
  std::vector<Revoker::Order> orders;
};

// kTooLarge, kInvalid: the form, the audience, the times, the orders. Its signature has not been
// looked at.
Result<SignedRequest> read_request(std::string_view jws, const std::string& issuer, WallTime now);

// For the client's side: signs a body as POST /v1/revocations takes it.
struct RequestToSign {
  std::string client;
  std::string issuer;  // the authority's
  std::string jti;
  std::int64_t issued_at = 0;  // s
  std::int64_t expires_at = 0;
  std::string body;  // a JSON object
};
std::string sign_request(const RequestToSign& request, const jwt::SigningKey& key);

}  // namespace rescind::authority
