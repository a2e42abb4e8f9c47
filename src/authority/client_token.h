#pragma once
// Access tokens for clients themselves (RFC 6749 4.4, client credentials): of no session, with the
// client as its subject. Called on the loop's thread; answers come on a pool's or the writer's.

#include <string>

#include "authority/clients.h"
#include "authority/core.h"
#include "authority/reads.h"

namespace rescind::authority {

class ClientToken {
 public:
  ClientToken(const Core& core, const Options& options, const Clients& clients, Reads& reads)
      : core_(core), options_(options), clients_(clients), reads_(reads) {}

  // kInvalid: the scope is not offered. kConflict: overtaken by a revocation.
  void issue(std::string client_id, std::string scope, Done<Pair> done);

 private:
  Result<Minting> prepare(store::Transaction& transaction, Grant grant) const;

  const Core& core_;
  const Options& options_;
  const Clients& clients_;
  Reads& reads_;
};

}  // namespace rescind::authority
