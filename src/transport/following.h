#pragma once
// A follower with everything around it, on one loop: the feed's keys (pinned, or from the
// authority), the road, the origin, the checkpoint, and the index that it keeps. Not following
// before the keys are there; the keys are asked for until they come.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "feed/follower.h"
#include "net/http_client.h"
#include "net/stepper.h"
#include "revocation/index.h"
#include "transport/checkpoint_file.h"
#include "transport/poll_access.h"
#include "transport/registry.h"

namespace rescind::transport {

class Following {
 public:
  struct Options {
    FeedAccess access;               // the origin, and a road
    std::vector<std::string> roads;  // URLs of brokers that carry the feed too: the first copy wins
    std::string pinned_keys;         // a JWKS; empty: from access.url + "/keys"
    std::string checkpoint;          // a file; empty: none
    feed::Follower::Options follower;
  };

  // `registry` has the roads that this program links. All else outlives it. On the loop's thread,
  // or while nobody runs it.
  static Result<std::unique_ptr<Following>> start(Options options, const Registry& registry,
                                                  net::Loop& loop, net::Client& client,
                                                  revocation::Index& index, const Clock& clock,
                                                  Random& random, Log& log);
  // Writes a last checkpoint.
  ~Following();

  // Null until the feed's keys are there.
  const feed::Follower* follower() const { return follower_.get(); }
  // Called after each batch that was applied along the chain. Set it before the loop runs.
  void on_applied(std::function<void(const feed::Batch&)> observer);
  // As Follower::pass_on; set it before the loop runs.
  void pass_on(feed::Follower::Hearer hearer);

 private:
  Following(Options options, net::Loop& loop, net::Client& client, revocation::Index& index,
            const Clock& clock, Random& random, Log& log);
  void ask_for_keys();
  Result<void> follow(std::string_view keys);
  void subscribe(feed::Road& road, const std::string& url);
  void again_later(const Error& error);

  Options options_;
  net::Loop& loop_;
  net::Client& client_;
  revocation::Index& index_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  std::function<void(const feed::Batch&)> observer_;
  std::optional<feed::Follower::Hearer> hearer_;
  std::vector<std::unique_ptr<feed::Road>> roads_;
  std::unique_ptr<feed::Origin> origin_;
  std::unique_ptr<CheckpointFile> checkpoint_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<net::LoopStepper> stepper_;
  std::vector<std::unique_ptr<feed::Subscription>> subscriptions_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace rescind::transport
