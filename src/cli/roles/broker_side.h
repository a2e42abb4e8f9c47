#pragma once
// The authority's feed on one broker: a publisher with a thread of its own, since a broker makes it
// wait, and a lease, since of several nodes one publishes. A broker that is down costs nothing but
// the age of what lies on it.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/random.h"
#include "daemon/metrics.h"
#include "feed/publisher.h"
#include "net/stepper.h"
#include "store/committer.h"
#include "transport/registry.h"

namespace rescind::cli {

// scheme://host:port/name: a broker's URL without user, password and options.
std::string without_secrets(std::string_view url);

class BrokerSide {
 public:
  struct Options {
    std::string url;
    Milliseconds retention{3'600'000};  // of the log; a broker keeps no less
    feed::Publisher::Options publisher;
    std::shared_ptr<const jwt::SigningKey> key;
    std::unique_ptr<feed::BatchLog> log;  // a view of its own
  };
  // kInvalid: no such transport is linked, or the URL is wrong; a broker that is down is no error.
  // All else outlives it; `committer` is stepped until this has ended.
  static Result<std::unique_ptr<BrokerSide>> start(Options options,
                                                   const transport::Registry& registry,
                                                   store::Committer& committer, net::Loop& loop,
                                                   const Clock& clock, Random& random, Log& log);
  ~BrokerSide() { close(); }
  // Publishes no more, and lets another node have the lease.
  void close();

  // A batch was committed; any thread.
  void wake() { stepper_->wake(); }
  // Of any thread; `head` is the authority's.
  void expose(daemon::Samples& samples, feed::Position head) const;

 private:
  explicit BrokerSide(Options options) : options_(std::move(options)) {}
  BootTime step(Now now);

  Options options_;
  std::string name_;  // the URL, without what is secret in it
  std::unique_ptr<feed::Transport> transport_;
  std::unique_ptr<feed::Lease> lease_;
  std::unique_ptr<feed::Publisher> publisher_;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> refused_ = false;
  std::unique_ptr<net::ThreadStepper> stepper_;
};

}  // namespace rescind::cli
