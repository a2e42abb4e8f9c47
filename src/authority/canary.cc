#include "authority/canary.h"

#include <algorithm>

#include "store/repositories.h"

namespace rescind::authority {
namespace {

constexpr std::string_view kLease = "canary";
constexpr std::chrono::seconds kLife{60};
constexpr int kLeaseIntervals = 3;

}  // namespace

BootTime Canary::step(Now now) {
  if (options_.every <= Milliseconds(0)) return BootTime::max();
  if (due_ == BootTime::min()) due_ = now.boot + options_.every;
  if (now.boot < due_) return due_;
  due_ = now.boot + options_.every;
  if (!under_way_->exchange(true)) revoke();
  return due_;
}

void Canary::revoke() {
  revocation::Revocation revocation;
  revocation.target = {options_.issuer, std::string(revocation::claim::kTokenId),
                       std::string(kPrefix) + random_.hex(16)};
  committer_.submit(
      [revocation = std::move(revocation), node = node_,
       length = options_.every * kLeaseIntervals](store::Transaction& transaction) -> Result<void> {
        TRY_ASSIGN(const auto lease,
                   transaction.leases().take(kLease, node, transaction.at(), length));
        if (!lease) return {};  // another node's
        revocation::Revocation canary = revocation;
        canary.until = static_cast<revocation::UntilSeconds>(to_seconds(transaction.at() + kLife));
        transaction.want_receipts();
        TRY(transaction.revoke_unrecorded(std::move(canary)));
        return {};
      },
      // What fails is in the writer's log, and done again when it is due again.
      [under_way = under_way_](const Result<store::Committer::Committed>&) {
        under_way->store(false);
      });
}

}  // namespace rescind::authority
