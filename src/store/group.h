#pragma once
// One commit's worth of work, between BEGIN and COMMIT: runs operations, each in a savepoint of its
// own, and seals the batches that they ask for. The writer's thread; lives as long as its
// transaction.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "feed/batch.h"
#include "jwt/signing_key.h"
#include "store/batch_plan.h"
#include "store/head_row.h"
#include "store/repositories.h"
#include "store/transaction.h"

namespace rescind::store {

class Group final : public Transaction {
 public:
  // `head` as it stands in the database; `at` is this group's time.
  Group(Database& database, HeadRow head, WallTime at);

  // Before anything else: a new term. Returns the position of its batch.
  Position begin_term(std::uint64_t term);
  // That position again, where this group begins a term.
  std::optional<Position> first_of_term() const { return first_of_term_; }
  // An error is the group's: its transaction cannot go on.
  struct Outcome {
    Result<void> of_operation;
  };
  Result<Outcome> run(std::move_only_function<Result<void>(Transaction&)>& operation);
  // The feed's keys from here on.
  void announce(std::vector<std::string> keys);
  // Signs what was planned and moves the head. Nothing planned: no batch. The position after it.
  Result<HeadRow> seal(const jwt::SigningKey& key);

  Position committed_head() const override { return head_.position; }
  WallTime at() const override { return at_; }
  Result<Position> revoke(revocation::Revocation revocation, std::string_view actor,
                          std::string_view note) override;
  Result<Position> revoke_unrecorded(revocation::Revocation revocation) override;
  std::string last_record() const override { return last_record_; }
  Result<void> set_rules(const revocation::Rules& rules) override;
  void want_receipts() override { wants_receipts_ = true; }
  bool wants_receipts() const { return wants_receipts_; }

  Accounts& accounts() override { return accounts_; }
  Clients& clients() override { return clients_; }
  Sessions& sessions() override { return sessions_; }
  RefreshTokens& refresh_tokens() override { return refresh_tokens_; }
  SigningKeys& signing_keys() override { return signing_keys_; }
  Revocations& revocations() override { return revocations_; }
  Leases& leases() override { return leases_; }
  Requests& requests() override { return requests_; }
  Losses& losses() override { return losses_; }

  IssuanceBounds bounds() const override { return head_.bounds.bounds; }
  Result<void> raise_bounds(const IssuanceBounds& at_least) override;

 private:
  // Gives it its place, and its cut where it needs one.
  Result<BatchPlan::Place> plan(revocation::Revocation& revocation);
  Result<void> record(const PlannedBatch& planned, const feed::Sealed& sealed,
                      const Digest& previous);

  Database& database_;
  HeadRow head_;
  WallTime at_;
  BatchPlan plan_;
  std::optional<Position> first_of_term_;
  bool wants_receipts_ = false;
  std::string last_record_;
  Accounts accounts_;
  Clients clients_;
  Sessions sessions_;
  RefreshTokens refresh_tokens_;
  SigningKeys signing_keys_;
  Revocations revocations_;
  Leases leases_;
  Requests requests_;
  Losses losses_;
};

}  // namespace rescind::store
