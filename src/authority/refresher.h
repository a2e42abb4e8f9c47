#pragma once
// Refresh tokens, each used once (RFC 9700 4.14): of all presentations of one, exactly one rotates.
// Within `reuse_grace` of that, and until the successor has been used, the same client gets the
// same successor again (its answer may have been lost), with a fresh access token. Any other second
// use ends the session as compromised, in the same transaction.
//
// Everything is decided inside the writer's transaction, on rows alone, never on what a process
// remembers. Thread-safe.

#include <string>

#include "authority/clients.h"
#include "authority/core.h"

namespace rescind::authority {

class Refresher {
 public:
  Refresher(const Core& core, const Clients& clients) : core_(core), clients_(clients) {}

  struct Presented {
    Secret token;
    std::string client_id;  // authenticated, or public
    std::string scope;      // a part of what was granted; empty: all of it
  };
  // kUnauthorized: no token of this client's that could be refreshed (invalid_grant); kInvalid: the
  // scope exceeds the grant. `done` comes on the signing pool's or the writer's thread.
  void refresh(Presented presented, Done<Pair> done);

 private:
  enum class Outcome : std::uint8_t { kRotated, kRepeated, kReused };
  struct Decided {
    Outcome outcome = Outcome::kReused;
    Minting minting;
  };
  Result<Decided> decide(store::Transaction& transaction, const Presented& presented) const;
  Result<store::Session> session_of(store::Transaction& transaction,
                                    const store::RefreshToken& token,
                                    const std::string& client_id) const;
  Result<Decided> rotate(store::Transaction& transaction, const store::RefreshToken& token,
                         const store::Session& session, const Secret& successor) const;
  Result<Decided> repeat(store::Transaction& transaction, const store::RefreshToken& token,
                         const store::Session& session, const Secret& successor) const;
  bool within_grace(const store::RefreshToken& token, WallTime at) const;
  void answer(Result<Stored<Decided>> decided, Done<Pair> done) const;

  const Core& core_;
  const Clients& clients_;
};

}  // namespace rescind::authority
