#pragma once
// The receiving end of the long poll (poll_server.h is the sending end), for where nothing but
// short answers passes. One thread, the loop's; events come there, never within subscribe().

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct FeedCaller;

// Asks for what comes after after(), again and again; an answer without batches is a heartbeat, so
// the server is asked to wait no longer than five of them. Where the position is gone or of another
// history, the head alone is asked for: the follower sees from it that something is missing, and
// asks its origin. on_state(true) with the first answer, on_state(false) after each failure.
class PollRoad final : public feed::Road {
 public:
  // `random`, `log` and the loop outlive the road and its subscriptions. kInvalid as checked() in
  // poll_access.h.
  static Result<std::unique_ptr<PollRoad>> open(net::Loop& loop, FeedAccess access, Random& random,
                                                Log& log);
  ~PollRoad() override;

  std::unique_ptr<feed::Subscription> subscribe(std::function<feed::Position()> after,
                                                feed::Subscriber subscriber) override;

 private:
  explicit PollRoad(std::shared_ptr<FeedCaller> caller);
  std::shared_ptr<FeedCaller> caller_;
};

}  // namespace rescind::transport
