#pragma once
// The authority's log of batches, read from the store: feed's BatchLog over a connection of its
// own. One thread. The snapshot is made anew when the last one is older than `snapshot_every` and
// something has changed, and served from memory until then (≈ 1 s for a million entries).

#include <memory>
#include <optional>

#include "base/clock.h"
#include "feed/ports.h"
#include "jwt/signing_key.h"
#include "store/database.h"
#include "store/steady_time.h"

namespace rescind::store {

using revocation::Position;

class StoreLog final : public feed::BatchLog {
 public:
  struct Options {
    std::string issuer;
    std::string feed = "default";
    Milliseconds snapshot_every{60'000};
  };
  // `clock` outlives the log. `key` signs the snapshots' manifests. `steady_time` is that of the
  // committer, where it is in this process: a log that looked at a term later than that might have
  // another clock, and of two clocks followers believe the wrong one.
  StoreLog(Options options, std::unique_ptr<Database> database,
           std::shared_ptr<const jwt::SigningKey> key, const Clock& clock,
           std::shared_ptr<SteadyTime> steady_time);

  Result<feed::Head> head() override;
  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Result<bool> is_due(Now now);
  Result<feed::Snapshot> make(WallTime at);
  WallTime time(Now now) const { return database_->time().value_or(now.wall); }

  Options options_;
  std::unique_ptr<Database> database_;
  std::shared_ptr<const jwt::SigningKey> key_;
  const Clock& clock_;
  std::shared_ptr<SteadyTime> steady_time_;
  std::optional<feed::Snapshot> snapshot_;
  Position snapshot_position_;
  BootTime snapshot_made_{};
};

}  // namespace rescind::store
