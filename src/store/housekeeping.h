#pragma once
// What the store may forget: batches older than the retention of the log's tail, entries that no
// living token needs (until < purge time), records of acts that are long over. A bounded amount of
// work at a time, in a transaction of its own, and none where nothing is due. One thread.

#include "store/database.h"

namespace rescind::store {

// The purge time: follows the host's clock, never falls, and moves at most twice as fast as the
// boot-time clock, so that a wrong clock cannot purge what is still needed. A value.
class PurgeClock {
 public:
  PurgeClock(WallTime stored, BootTime boot) : time_(stored), boot_(boot) {}
  WallTime advance(Now now);

 private:
  WallTime time_;
  BootTime boot_;
};

struct Forgettable {
  WallTime batches_before{};
  WallTime purge_time{};
  WallTime records_before{};
};
// True: there is more to do.
Result<bool> forget(Database& database, const Forgettable& what);

}  // namespace rescind::store
