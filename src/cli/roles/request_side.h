#pragma once
// The authority's reading end of one broker's request topic: a thread of its own, since a broker
// makes it wait, and a lease, since of several nodes one reads. Where it was is kept in the lease's
// row, after what was read has been dealt with: at least once, and a request counts once.

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "authority/request_intake.h"
#include "base/log.h"
#include "base/mutex.h"
#include "daemon/metrics.h"
#include "feed/ports.h"
#include "transport/request_topic.h"

namespace rescind::cli {

class RequestSide {
 public:
  // Answers later, on any thread, once; or never, where all ends.
  using Take = std::function<void(std::string jws, authority::RequestIntake::Done done)>;
  struct Options {
    std::string name;  // of the topic, without what is secret
    std::unique_ptr<transport::RequestTopic> topic;
    std::unique_ptr<feed::Lease> lease;
    Take take;
  };
  RequestSide(Options options, Log& log);
  ~RequestSide() { close(); }
  // Reads no more. The lease's committer is still stepped, and requests are still answered.
  void close();
  void expose(daemon::Samples& samples) const;

 private:
  struct Waiting;
  void run();
  // Reads until the connection ends, or the lease is another's.
  Result<void> read_on(feed::Position from);
  // False: it ends.
  bool deal_with(const transport::RequestTopic::Message& message);
  void pause(Milliseconds time);
  bool ended() const;

  Options options_;
  Log& log_;
  std::atomic<std::uint64_t> oversized_ = 0;
  std::atomic<bool> up_ = false;
  mutable Mutex mutex_;
  Condition changed_;
  bool end_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rescind::cli
