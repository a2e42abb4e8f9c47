#pragma once
// Genuine batches that came before their turn, kept so that the chain can go on over them when the
// gap is filled. Bounded: what is too much is let go, the farthest first, and fetched again later.
// One thread.

#include <map>
#include <optional>

#include "feed/chain.h"

namespace rescind::feed {

class EarlyBatches {
 public:
  static constexpr std::size_t kMaxBatches = 1024;
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20U;

  bool holds(const Batch& batch, const Digest& hash) const;
  void keep(Received early);
  // The one that is the next link after this place. Forgets all that can be none any more.
  std::optional<Received> take_next(const Place& place);
  std::size_t size() const { return by_number_.size(); }

 private:
  void forget(std::map<std::uint64_t, Received>::iterator one);

  std::map<std::uint64_t, Received> by_number_;
  std::size_t bytes_ = 0;
};

}  // namespace rescind::feed
