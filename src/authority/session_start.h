#pragma once
// A session begins: inside the writer's transaction, on facts that were read after `stamp`. The
// session remembers the stamp; a refresh is refused when a cut hits it.

#include <string>
#include <vector>

#include "authority/core.h"

namespace rescind::authority {

struct NewSession {
  std::string subject;
  std::string client_id;
  std::string scope;
  std::vector<std::string> audience;
  std::string email;
  std::string address;
  std::string user_agent;
  store::Stamp stamp;  // committed head, read before the first fact that this rests on
};

// Inserts session and first refresh token. kConflict where something that was revoked after the
// stamp hits it: the caller was overtaken and may begin again.
Result<Minting> start_session(store::Transaction& transaction, const NewSession& session,
                              const Core& core);

// The next access token of a session, with this stamp; bounds and the session's last expiry are
// raised in the transaction.
Result<Minting> renew_session(store::Transaction& transaction, const store::Session& session,
                              store::Stamp stamp, const Core& core);

// What a token of this session says under that stamp; its times are for the minting to fill in.
Grant grant_of(const store::Session& session, store::Stamp stamp);

}  // namespace rescind::authority
