#include "cli/roles/denylist_access.h"

#ifdef RESCIND_WITH_REDIS
#include "strategy/redis_denylist.h"
#include "transport/redis.h"
#endif

namespace rescind::cli {

#ifdef RESCIND_WITH_REDIS

Result<DenylistAccess> denylist_at(const DenylistUrl& url) {
  transport::FeedAccess access;
  access.url = url.url;
  access.feed = url.feed + ".denylist";
  TRY_ASSIGN(transport::RedisAccess redis, transport::RedisAccess::parse(access));
  return DenylistAccess{.address = std::move(redis.address), .name = std::move(redis.stream)};
}

Result<std::unique_ptr<strategy::RevocationSource>> open_denylist(const DenylistUrl& url,
                                                                  net::Loop& loop,
                                                                  revocation::Index& index,
                                                                  const Clock& clock, Log& log) {
  TRY_ASSIGN(DenylistAccess access, denylist_at(url));
  return std::make_unique<strategy::RedisDenylist>(
      strategy::RedisDenylist::Options{.address = std::move(access.address),
                                       .name = std::move(access.name)},
      loop, index, clock, log);
}

#else

Result<DenylistAccess> denylist_at(const DenylistUrl& /*url*/) {
  return fail(ErrorCode::kInvalid, "this program was built without Redis (libhiredis-dev)");
}

Result<std::unique_ptr<strategy::RevocationSource>> open_denylist(const DenylistUrl& url,
                                                                  net::Loop& /*loop*/,
                                                                  revocation::Index& /*index*/,
                                                                  const Clock& /*clock*/,
                                                                  Log& /*log*/) {
  TRY(denylist_at(url));
  return nullptr;
}

#endif

}  // namespace rescind::cli
