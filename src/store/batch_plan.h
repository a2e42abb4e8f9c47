#pragma once
// The batches that one commit is going to publish, while its operations still run: each revocation
// is given its place (and where it needs one, its cut) at once, since both are the position of the
// batch that will carry it. What an operation added goes away again if it fails. A value; one
// thread.

#include <memory>
#include <string>
#include <vector>

#include "feed/batch.h"
#include "store/records.h"

namespace rescind::store {

// One of them: feed::Batch without what sealing adds.
struct PlannedBatch {
  feed::Kind kind = feed::Kind::kRevocations;
  std::vector<revocation::Revocation> revocations;
  std::shared_ptr<const revocation::Rules> rules;
  std::vector<std::string> keys;
  std::size_t bytes = 0;  // of the entries, an upper bound
};

class BatchPlan {
 public:
  struct Place {
    Position position;
    std::size_t ordinal;  // within the batch
  };
  // How far the plan went before an operation.
  struct Mark {
    std::size_t batches = 0;
    std::size_t entries = 0;  // of the last batch
    std::size_t bytes = 0;
  };

  // `issuer` is the batches' own; they follow `head`.
  BatchPlan(std::string issuer, Position head) : issuer_(std::move(issuer)), head_(head) {}

  // A new term, which has to be the first in the plan. Returns the position of its batch.
  Position begin_term(std::uint64_t term);
  // Gives the revocation its place, and its cut where its claim has one and none is given.
  Place add(revocation::Revocation& revocation);
  Position add(std::shared_ptr<const revocation::Rules> rules);
  Position add(std::vector<std::string> keys);

  Mark mark() const;
  void roll_back(const Mark& mark);

  bool empty() const { return batches_.empty(); }
  const std::vector<PlannedBatch>& batches() const { return batches_; }
  // Of batches()[index].
  Position position(std::size_t index) const { return {head_.term, head_.number + 1 + index}; }

 private:
  Position open(feed::Kind kind);
  bool has_room(std::size_t bytes) const;

  std::string issuer_;
  Position head_;
  std::vector<PlannedBatch> batches_;
};

// What the entries of one batch may take, so that the sealed one keeps feed::kMaxBatchBytes:
// three quarters of that (base64url) without header, signature and the members around.
inline constexpr std::size_t kMaxPlannedBytes = feed::kMaxBatchBytes / 4 * 3 - 4096;

}  // namespace rescind::store
