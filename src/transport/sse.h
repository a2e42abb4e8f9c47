#pragma once
// The receiving end of server-sent events (sse_server.h is the sending end). One thread, the
// loop's; events come there, never within subscribe().

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "net/loop.h"
#include "transport/stream_road.h"

namespace rescind::transport {

class SseRoad final : public StreamRoad {
 public:
  // `random`, `log` and the loop outlive the road, and the road its subscriptions. kInvalid as
  // checked() in poll_access.h.
  static Result<std::unique_ptr<SseRoad>> open(net::Loop& loop, FeedAccess access, Random& random,
                                               Log& log);

 private:
  using StreamRoad::StreamRoad;
};

}  // namespace rescind::transport
