#pragma once
// Denylists in Redis as far as this program has them: kInvalid where it was built without Redis.
// URLs are redis://[user:password@]host[:port][/NAME], by default rescind.FEED.denylist; an error
// repeats no password.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "net/loop.h"
#include "net/redis.h"
#include "revocation/index.h"
#include "strategy/revocation_source.h"

namespace rescind::cli {

struct DenylistUrl {
  std::string url;
  std::string feed;
};
struct DenylistAccess {
  net::Redis::Address address;
  std::string name;
};
Result<DenylistAccess> denylist_at(const DenylistUrl& url);

// strategy::RedisDenylist.
Result<std::unique_ptr<strategy::RevocationSource>> open_denylist(const DenylistUrl& url,
                                                                  net::Loop& loop,
                                                                  revocation::Index& index,
                                                                  const Clock& clock, Log& log);

}  // namespace rescind::cli
