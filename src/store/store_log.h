#pragma once
// The authority's log of batches, read from the store: feed's BatchLog over a connection of its
// own. One thread. The snapshot is made anew when the last one is older than `snapshot_every` and
// something has changed, and served from memory until then.

#include <memory>

#include "feed/ports.h"
#include "jwt/signing_key.h"
#include "store/database.h"

namespace rescind::store {

class StoreLog final : public feed::BatchLog {
 public:
  struct Options {
    std::string issuer;
    std::string feed = "default";
    Milliseconds snapshot_every{60'000};
  };
  StoreLog(Options options, std::unique_ptr<Database> database,
           std::shared_ptr<const jwt::SigningKey> key, const Clock& clock);

  Result<feed::Head> head() override;
  Result<std::vector<feed::Sealed>> read_after(Position after, std::size_t limit) override;
  Result<feed::Snapshot> snapshot() override;

 private:
  Options options_;
  std::unique_ptr<Database> database_;
  std::shared_ptr<const jwt::SigningKey> key_;
  const Clock& clock_;
  std::optional<feed::Snapshot> snapshot_;
  Position snapshot_position_;
};

}  // namespace rescind::store
