#pragma once
// The authority's feed on a loop and thread of its own: the publisher reads the log, the feed
// server hands it to followers. Reading the log blocks, so it is kept away from the loop of
// requests.

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "daemon/metrics.h"
#include "feed/publisher.h"
#include "net/stepper.h"
#include "store/store_log.h"
#include "transport/feed_server.h"

namespace rescind::cli {

class FeedSide {
 public:
  struct Options {
    std::string issuer;
    std::string feed;
    Milliseconds heartbeat{1000};
    std::shared_ptr<const jwt::SigningKey> key;
    // Two views of the same log: one for the loop, one for making snapshots.
    std::unique_ptr<feed::BatchLog> log;
    std::unique_ptr<feed::BatchLog> snapshot_log;
    std::function<void(feed::Report, transport::FeedServer::Done)> receive;
    std::function<void(std::vector<std::string>, std::function<void(Result<bool>)>)> take_back;
  };

  static Result<std::unique_ptr<FeedSide>> start(Options options, const Clock& clock,
                                                 Random& random, Log& log);
  ~FeedSide();

  // For every path under /v1/feed; any thread.
  net::Handler handler() const { return server_->handler(); }
  // A batch was committed; any thread.
  void wake() { stepper_->wake(); }
  // Whether the first heartbeat has gone out; any thread.
  bool ready() const { return ready_.load(std::memory_order_relaxed); }
  // Ends all streams and polls, before the server of requests drains. Any thread but the feed's.
  void close();

 private:
  FeedSide() = default;

  net::Loop loop_;
  net::Loop snapshot_loop_;
  std::unique_ptr<feed::BatchLog> log_;
  std::unique_ptr<feed::BatchLog> snapshot_log_;
  std::unique_ptr<transport::FeedServer> server_;
  std::unique_ptr<feed::Publisher> publisher_;
  std::unique_ptr<net::LoopStepper> stepper_;
  std::atomic<bool> ready_ = false;
  std::thread thread_;
  std::thread snapshot_thread_;
};

}  // namespace rescind::cli
