#pragma once
// The headers that tell an upstream who asks. Their one rule: an upstream sees such a header only
// if we set it for this very request. So a client's copy never gets through, nor its twin with
// underscores (CVE-2025-64484), and every configured name is always set, empty where the claim is
// missing (a header that is left out lets the client's own one through: GHSA-7r4p-vjf4-gxv4).
// Immutable, thread-safe.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rescind/decision.h"

namespace rescind::gateway {

inline constexpr std::size_t kMaxIdentityHeaders = 32;

struct IdentityHeader {
  std::string name;   // a header's name, as it is sent
  std::string claim;  // sub, sid, jti, iss, client_id, scope, email
};

class IdentityHeaders {
 public:
  // X-User-Id: sub, X-User-Email: email, X-Session-Id: sid, X-Client-Id: client_id, X-Token-Scope:
  // scope.
  IdentityHeaders();
  // kInvalid: no header name, a name twice (underscores count as hyphens), a claim that is not
  // known.
  static Result<IdentityHeaders> make(std::vector<IdentityHeader> headers);

  // All of them, in the configured order; `claims` null: all empty.
  std::vector<std::pair<std::string, std::string>> of(const Claims* claims) const;

  // True where a client's header has one of these names, in any case, with `_` for `-`.
  bool names(std::string_view header) const;
  // True where a `Connection` header names one of them: a hop behind us would drop what we set
  // (CVE-2025-48865). Such a request is refused with 400.
  bool named_in_connection(std::string_view connection) const;

  const std::vector<IdentityHeader>& all() const { return headers_; }

 private:
  std::vector<IdentityHeader> headers_;
};

// A claim's value as a header's: what is outside %x20-7E, and `%` itself, is percent-encoded; so no
// claim can end a header, and two users never become one. Spaces at either end are encoded as well.
std::string header_value(std::string_view claim);

}  // namespace rescind::gateway
