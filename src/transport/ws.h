#pragma once
// The receiving end of the feed over WebSocket (ws_server.h is the sending end): words come down,
// receipts go up the same socket. One thread, the loop's; events come there, never within
// subscribe() or report().

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "net/loop.h"
#include "transport/stream_road.h"

namespace rescind::transport {

class WsReader;

class WsRoad final : public StreamRoad {
 public:
  // `random` (the masks of frames come from it), `log` and the loop outlive the road, and the road
  // its subscriptions. kInvalid as checked() in poll_access.h.
  static Result<std::unique_ptr<WsRoad>> open(net::Loop& loop, FeedAccess access, Random& random,
                                              Log& log);

  // Up the socket that was opened last, one at a time (answers bear no name: the next goes once
  // the last one has come, be it too late); false also where it is too long for one (limits.h).
  // kTimeout where no answer comes in time.
  bool report(const feed::Report& report, const feed::Origin::Then<void>& then) override;

 private:
  // The reader whose socket was opened last.
  using Newest = std::weak_ptr<WsReader>;
  WsRoad(std::shared_ptr<FeedCaller> caller, std::shared_ptr<Newest> newest);

  std::shared_ptr<Newest> newest_;
};

}  // namespace rescind::transport
