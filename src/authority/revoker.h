#pragma once
// Revocations by the API: of a token, a session, a user, a client, a key, an issuer, or a claim
// that the issuer's rules declare. State and batch in one transaction; the answer after the commit.
// Thread-safe; answers come on the writer's thread.

#include <optional>
#include <string>
#include <vector>

#include "authority/core.h"
#include "authority/key_ring.h"
#include "revocation/rules.h"

namespace rescind::authority {

class Revoker {
 public:
  // `rules`: ours and those of every foreign issuer. All outlive this.
  Revoker(const Core& core, const revocation::Rules& rules, std::chrono::seconds foreign_skew,
          KeyRing& keys)
      : core_(core), rules_(rules), foreign_skew_(foreign_skew), keys_(keys) {}

  struct Order {
    revocation::Target target;
    // Ours: "term.number", not after the head. Foreign: ms since 1970, not after now.
    std::optional<std::string> cut;
    std::optional<std::int64_t> expires_at;  // s; of a token that was shown
    revocation::Reason reason = revocation::Reason::kRevoked;
    std::string actor;
    std::string note;
    bool want_receipts = false;
  };
  struct Revoked {
    std::string id;  // of the record
    Position position;
  };
  // All of them in one transaction, or none. kInvalid: no such issuer or claim, a cut where there
  // is none or one that lies ahead.
  // `first` runs before them in the same transaction: where it fails, so does all.
  using First = std::function<Result<void>(store::Transaction&)>;
  void revoke(std::vector<Order> orders, Done<std::vector<Revoked>> done, First first = nullptr);

 private:
  Result<void> check(Order& order) const;
  Result<revocation::Revocation> complete(store::Transaction& transaction,
                                          const Order& order) const;
  Result<Revoked> apply(store::Transaction& transaction, const Order& order,
                        KeyRing::Rows& rows) const;
  Result<void> end_rows(store::Transaction& transaction, const Order& order,
                        revocation::Revocation& revocation) const;
  bool is_ours(const Order& order) const { return order.target.issuer == core_.policy.issuer; }

  const Core& core_;
  const revocation::Rules& rules_;
  std::chrono::seconds foreign_skew_;
  KeyRing& keys_;
};

}  // namespace rescind::authority
