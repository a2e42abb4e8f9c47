#pragma once
// The receiving end of server-sent events (sse_server.h is the sending end): one long answer that
// is opened anew, with back-off and jitter, whenever it ends or falls silent. One thread, the
// loop's; events come there, never within subscribe().

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct FeedCaller;

// Each connection begins behind after(). Where that position is gone or of another history, the
// road goes on with what comes next: the follower sees from it that something is missing, and asks
// its origin. on_state(true) with the first byte of a stream, on_state(false) after each that has
// ended and each that could not be opened.
class SseRoad final : public feed::Road {
 public:
  // `random`, `log` and the loop outlive the road, and the road its subscriptions. kInvalid as
  // checked() in poll_access.h.
  static Result<std::unique_ptr<SseRoad>> open(net::Loop& loop, FeedAccess access, Random& random,
                                               Log& log);
  ~SseRoad() override;

  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 private:
  explicit SseRoad(std::shared_ptr<FeedCaller> caller);
  std::shared_ptr<FeedCaller> caller_;
};

}  // namespace rescind::transport
