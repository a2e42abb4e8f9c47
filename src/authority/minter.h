#pragma once
// Access tokens: what stands in one (RFC 9068, with our `sid` and `fpos`), and its signing with the
// key that is active now. Immutable, thread-safe; a signature costs 30 µs (ES256) to 700 µs
// (RS256), so it is made on a pool of its own and neither on the loop nor by the writer.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "authority/counters.h"
#include "authority/key_ring.h"
#include "authority/worker_pool.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/records.h"

namespace rescind::authority {

// Everything that an access token says.
struct Grant {
  std::string token_id;
  std::string subject;
  std::string client_id;
  std::string session_id;  // empty: of no session (client credentials)
  std::string scope;
  std::string email;
  std::vector<std::string> audience;
  store::Stamp stamp;           // `fpos`
  std::int64_t issued_at = 0;   // s
  std::int64_t expires_at = 0;  // s
};

// The payload. One string as `aud` where there is one; `email`, `scope`, `sid` left out where
// empty.
std::string payload_of(const Grant& grant, const std::string& issuer);

// What a sign-in or a refresh answers.
struct Pair {
  Secret access_token;
  Secret refresh_token;  // empty where there is none
  std::int64_t issued_at = 0;
  std::int64_t expires_at = 0;          // of the access token, s
  std::int64_t session_expires_at = 0;  // s
  std::string session_id;
  std::string subject;
  std::string scope;
};

// A pair whose transaction has been committed and whose access token is yet to be signed.
struct Minting {
  Grant grant;
  Secret refresh_token;
  std::int64_t session_expires_at = 0;
};

class Minter {
 public:
  // `ring` and `issued` outlive this.
  Minter(std::string issuer, const KeyRing& ring, Executor pool, Count& issued)
      : issuer_(std::move(issuer)), ring_(ring), pool_(std::move(pool)), issued_(issued) {}

  using Done = std::move_only_function<void(Result<Pair>)>;
  // Signs on the pool and calls `done` there. kUnavailable, on the caller's thread, where too many
  // wait; kUnavailable where no key is active yet.
  void mint(Minting minting, Done done) const;
  // Signs here and now.
  Result<Pair> sign(Minting minting) const;
  const std::string& issuer() const { return issuer_; }

 private:
  std::string issuer_;
  const KeyRing& ring_;
  Executor pool_;
  Count& issued_;
};

}  // namespace rescind::authority
