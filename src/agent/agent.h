#pragma once
// What `rescind agent` does: it follows the feed, fetches the issuers' keys, and shares both with
// all processes of its host, which need no network then. The one writer of the index at a path
// (host_index.h); readers attach by revocation::IndexView, or with librescind.
//
//   TRY_ASSIGN(auto agent, Agent::start(options, surroundings));
//   loop.run();
//
// One loop; everything happens on its thread. Receipts go up only once readers see the index.

#include <memory>
#include <optional>
#include <vector>

#include "agent/host_index.h"
#include "agent/issuer_keys.h"
#include "agent/served_feed.h"
#include "feed/follower.h"
#include "net/stepper.h"
#include "transport/following.h"

namespace rescind::agent {

class Agent {
 public:
  struct Options {
    HostIndex::Options index;
    transport::Following::Options following;
    std::vector<issuer::IssuerOptions> issuers;
    std::optional<ServedFeed::Options> serve;  // the feed, to others
  };
  // All of these outlive the agent.
  struct Surroundings {
    const transport::Registry& registry;  // has the roads that the program links
    const issuer::GetFor& get_for;
    net::Loop& loop;
    net::Client& client;  // for the feed's keys
    const Clock& clock;
    Random& random;
    Log& log;
  };
  // While nobody runs the loop. Errors of HostIndex::open, Issuers::open and Following::start;
  // after one, the file at the path is what it was.
  static Result<std::unique_ptr<Agent>> start(Options options, const Surroundings& surroundings);
  // Writes a last checkpoint. Readers keep what they have; it grows stale.
  ~Agent();

  const HostIndex& index() const { return *index_; }
  const issuer::Issuers& issuers() const { return keys_->issuers(); }
  // Null until the feed's keys are there.
  const feed::Follower* follower() const { return following_->follower(); }
  // Null where the feed is not served on. Who listens ends before the agent.
  ServedFeed* served() { return served_.get(); }

 private:
  Agent() = default;

  std::unique_ptr<HostIndex> index_;
  std::unique_ptr<IssuerKeys> keys_;
  std::unique_ptr<ServedFeed> served_;
  std::unique_ptr<transport::Following> following_;
  std::unique_ptr<net::LoopStepper> keys_stepper_;
  std::unique_ptr<net::LoopStepper> index_stepper_;
};

}  // namespace rescind::agent
