#include "revocation/purge_time.h"

#include <algorithm>

namespace rescind::revocation {
namespace {

constexpr int kFastest = 2;

}  // namespace

void PurgeTime::advance(Now now, std::optional<WallTime> authority) {
  if (!authority) return;
  const WallTime wanted = std::min(now.wall, *authority);
  if (!value_) {
    raise(wanted);
  } else if (moved_ && wanted > *value_ && now.boot > *moved_) {
    const auto elapsed = std::chrono::floor<Milliseconds>(now.boot - *moved_);
    // What is less than a millisecond counts next time.
    moved_ = *moved_ + elapsed;
    value_ = std::min(wanted, *value_ + kFastest * elapsed);
    return;
  }
  moved_ = now.boot;
}

void PurgeTime::raise(WallTime at_least) {
  if (at_least > value()) value_ = at_least;
}

}  // namespace rescind::revocation
