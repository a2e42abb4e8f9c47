#pragma once
// Sessions end by their user's wish: this one, all of them, or all but this one. Thread-safe;
// answers come on the writer's thread, after the commit.

#include <optional>
#include <string>

#include "authority/core.h"
#include "authority/session_end.h"

namespace rescind::authority {

class SignOut {
 public:
  explicit SignOut(const Core& core) : core_(core) {}

  enum class Extent : std::uint8_t { kSession, kAll, kOthers };
  struct Session {
    std::string subject;
    std::string id;
  };
  // The position that carries it, or the head where nothing was left to end. kNotFound: this
  // subject has no such session.
  void sign_out(Session session, Extent extent, Done<Position> done);

  // By a refresh token of any age of this client. Nothing where nobody knows the token (RFC 7009
  // 2.2); kUnauthorized where it is another client's.
  void sign_out_by_token(Secret token, std::string client_id, Extent extent,
                         Done<std::optional<Position>> done);

  // An access token alone, until it expires (s).
  struct AccessToken {
    std::string id;
    std::int64_t expires_at = 0;
    std::string client_id;
  };
  void revoke_access_token(AccessToken token, Done<Position> done);

 private:
  Result<Position> end(store::Transaction& transaction, const store::Session& session,
                       Extent extent) const;

  const Core& core_;
};

}  // namespace rescind::authority
