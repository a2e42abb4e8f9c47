#pragma once
// The lease of a transport, kept in the store: feed's Lease over the one writer, so that it costs
// no commit of its own where others are under way. Times are the authority's. Blocks until the
// commit; not on the writer's thread. One thread.

#include <string>

#include "feed/ports.h"
#include "store/committer.h"

namespace rescind::store {

class StoreLease final : public feed::Lease {
 public:
  struct Options {
    std::string transport;  // its URL, without a password
    std::string node;       // who asks; another one for each process
    Milliseconds length{10'000};
  };
  // `committer` outlives it, and is stepped by another thread.
  StoreLease(Options options, Committer& committer)
      : options_(std::move(options)), committer_(committer) {}

  Result<std::optional<revocation::Position>> acquire() override;
  Result<bool> advance(revocation::Position published) override;
  Result<void> release() override;

 private:
  Result<void> commit(Committer::Operation operation);

  Options options_;
  Committer& committer_;
};

}  // namespace rescind::store
