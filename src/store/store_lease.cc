#include "store/store_lease.h"

#include <future>

#include "store/repositories.h"

namespace rescind::store {

Result<void> StoreLease::commit(Committer::Operation operation) {
  std::promise<Result<void>> answered;
  auto answer = answered.get_future();
  committer_.submit(std::move(operation), [&answered](Result<Committer::Committed> committed) {
    if (committed) {
      answered.set_value({});
    } else {
      answered.set_value(std::unexpected(committed.error()));
    }
  });
  return answer.get();
}

Result<std::optional<revocation::Position>> StoreLease::acquire() {
  std::optional<revocation::Position> position;
  TRY(commit([this, &position](Transaction& transaction) -> Result<void> {
    TRY_ASSIGN(position, transaction.leases().take(options_.transport, options_.node,
                                                   transaction.at(), options_.length));
    return {};
  }));
  return position;
}

Result<bool> StoreLease::advance(revocation::Position published) {
  bool ours = false;
  TRY(commit([this, &ours, published](Transaction& transaction) -> Result<void> {
    TRY_ASSIGN(ours, transaction.leases().advance(options_.transport, options_.node, published,
                                                  transaction.at() + options_.length));
    return {};
  }));
  return ours;
}

Result<void> StoreLease::release() {
  return commit([this](Transaction& transaction) {
    return transaction.leases().release(options_.transport, options_.node);
  });
}

}  // namespace rescind::store
