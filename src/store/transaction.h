#pragma once
// What an operation may do inside the writer's transaction: the repositories, and revoking. One
// thread (the writer's); a Transaction lives as long as the operation runs.

#include <string>
#include <string_view>

#include "base/result.h"
#include "feed/batch.h"
#include "store/database.h"
#include "store/records.h"

namespace rescind::store {

class Accounts;
class Clients;
class Sessions;
class RefreshTokens;
class SigningKeys;
class Revocations;
class Leases;
class Requests;
class Losses;

// The numbers that `until` is computed from (architecture: "until"). Changed inside the
// transaction.
struct IssuanceBounds {
  WallTime latest_iat{};                     // no `iat` of ours exceeds it
  std::chrono::seconds longest_lifetime{0};  // of an access token that may still be alive

  bool operator==(const IssuanceBounds&) const = default;
};

class Transaction {
 public:
  virtual ~Transaction() = default;

  // The last committed position, from before this group: the stamp of what is minted on facts that
  // are read inside this transaction.
  virtual Position committed_head() const = 0;
  virtual WallTime at() const = 0;  // the authority's time of this group

  // Adds a revocation to the batch that this group commits, and to the stored entries. Where the
  // claim has a cut and none is given, the cut is the position of that batch. Returns that
  // position. An operation that fails leaves nothing of it. kInvalid: no such target, or a cut
  // where the claim has none.
  virtual Result<Position> revoke(revocation::Revocation revocation, std::string_view actor,
                                  std::string_view note) = 0;
  // The same without a RevocationRecord: for what is nobody's act.
  virtual Result<Position> revoke_unrecorded(revocation::Revocation revocation) = 0;
  // The id of the RevocationRecord that the last revoke() made.
  virtual std::string last_record() const = 0;
  // kInvalid where they do not follow from those before (revocation/rules.h). Equal ones: nothing.
  virtual Result<void> set_rules(const revocation::Rules& rules) = 0;
  // Followers report at once that they have applied this group's batch.
  virtual void want_receipts() = 0;

  virtual Accounts& accounts() = 0;
  virtual Clients& clients() = 0;
  virtual Sessions& sessions() = 0;
  virtual RefreshTokens& refresh_tokens() = 0;
  virtual SigningKeys& signing_keys() = 0;
  virtual Revocations& revocations() = 0;
  virtual Leases& leases() = 0;
  virtual Requests& requests() = 0;
  virtual Losses& losses() = 0;

  // Before a token is minted, its `iat` and lifetime are raised; they are written only where that
  // changes something (once a minute). store/bounds.h has the `until` that follows from them.
  virtual IssuanceBounds bounds() const = 0;
  virtual Result<void> raise_bounds(const IssuanceBounds& at_least) = 0;
};

}  // namespace rescind::store
