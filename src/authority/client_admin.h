#pragma once
// Clients in the store: add, give a new secret, disable. A secret is shown once and kept as a
// digest. Disabling revokes all that the client's name stands in, in the same transaction.
// Thread-safe; answers come on the writer's thread.

#include <string>

#include "authority/clients.h"
#include "authority/core.h"

namespace rescind::authority {

class ClientAdmin {
 public:
  ClientAdmin(const Core& core, const Clients& clients) : core_(core), clients_(clients) {}

  struct NewClient {
    std::string id;  // empty: one is made
    std::string roles;
  };
  struct Made {
    store::Client client;
    Secret secret;
  };
  // kConflict: the id is taken, by a disabled client too. kInvalid: roles.
  void add(NewClient client, Done<Made> done);
  // kNotFound: not in the store, or disabled.
  void rotate(std::string id, Done<Made> done);
  void disable(std::string id, std::string actor, Done<store::Client> done);

 private:
  Result<store::Client> enabled(store::Transaction& transaction, const std::string& id) const;

  const Core& core_;
  const Clients& clients_;
};

}  // namespace rescind::authority
