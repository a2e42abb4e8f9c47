#include "agent/agent.h"

#include <utility>

namespace rescind::agent {

Result<std::unique_ptr<Agent>> Agent::start(Options options, const Surroundings& surroundings) {
  const auto& [registry, get_for, loop, client, clock, random, log] = surroundings;
  std::unique_ptr<Agent> agent(new Agent());
  Agent* const self = agent.get();
  TRY_ASSIGN(agent->index_, HostIndex::open(options.index, random, log));
  TRY_ASSIGN(agent->keys_, IssuerKeys::open(options.issuers, *agent->index_,
                                            {.get_for = get_for,
                                             .wake = [self] { self->keys_stepper_->wake(); },
                                             .random = random,
                                             .log = log}));
  if (options.serve) {
    TRY_ASSIGN(auto origin, registry.origin(options.following.access,
                                            {.loop = loop, .random = random, .log = log}));
    agent->served_ = std::make_unique<ServedFeed>(*std::move(options.serve), std::move(origin),
                                                  loop, clock, log);
  }
  options.following.follower.is_seen = [self] { return self->index_->published(); };
  TRY_ASSIGN(agent->following_,
             transport::Following::start(std::move(options.following), registry, loop, client,
                                         agent->index_->index(), clock, random, log));
  if (agent->served_) {
    agent->following_->pass_on(agent->served_->hearer());
    agent->served_->serve(
        [self] { return self->following_ ? self->following_->follower() : nullptr; });
  }
  agent->keys_stepper_ = std::make_unique<net::LoopStepper>(
      loop, clock, [self](Now now) { return self->keys_->step(now); });
  agent->index_stepper_ = std::make_unique<net::LoopStepper>(
      loop, clock, [self](Now now) { return self->index_->step(now); });
  return agent;
}

// Members end in the opposite order: those who write to the index before it does.
Agent::~Agent() = default;

}  // namespace rescind::agent
