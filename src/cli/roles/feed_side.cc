#include "cli/roles/feed_side.h"

#include "feed/log_origin.h"

namespace rescind::cli {

Result<std::unique_ptr<FeedSide>> FeedSide::start(Options options, const Clock& clock,
                                                  Random& random, Log& log) {
  std::unique_ptr<FeedSide> side(new FeedSide());
  side->log_ = std::move(options.log);
  side->snapshot_log_ = std::move(options.snapshot_log);
  // What was committed before the start is in the log for whoever asks; only news are pushed.
  TRY_ASSIGN(const feed::Head head, side->log_->head());
  transport::FeedServer::Options serve;
  serve.heartbeat = [side = side.get(), issuer = options.issuer, feed = options.feed,
                     key = options.key] {
    return feed::heartbeat_of(*side->log_, issuer, feed, *key);
  };
  serve.keys = [key = options.key] {
    return "{\"keys\":[" + key->public_key().public_jwk() + "]}";
  };
  serve.receive = std::move(options.receive);
  serve.take_back = std::move(options.take_back);
  serve.snapshot_log = side->snapshot_log_.get();
  serve.snapshot_loop = &side->snapshot_loop_;
  side->server_ =
      std::make_unique<transport::FeedServer>(side->loop_, *side->log_, std::move(serve));
  side->publisher_ =
      std::make_unique<feed::Publisher>(feed::Publisher::Options{.issuer = options.issuer,
                                                                 .feed = options.feed,
                                                                 .heartbeat = options.heartbeat,
                                                                 .start = head.position},
                                        *side->log_, *side->server_, options.key, random, log);
  side->stepper_ =
      std::make_unique<net::LoopStepper>(side->loop_, clock, [side = side.get()](Now now) {
        const BootTime next = side->publisher_->step(now);
        side->ready_.store(side->publisher_->ready(), std::memory_order_relaxed);
        return next;
      });
  side->thread_ = std::thread([side = side.get()] { side->loop_.run(); });
  side->snapshot_thread_ = std::thread([side = side.get()] { side->snapshot_loop_.run(); });
  return side;
}

FeedSide::~FeedSide() {
  loop_.stop();
  snapshot_loop_.stop();
  if (thread_.joinable()) thread_.join();
  if (snapshot_thread_.joinable()) snapshot_thread_.join();
}

void FeedSide::close() {
  loop_.call([this] { server_->close(); });
}

}  // namespace rescind::cli
