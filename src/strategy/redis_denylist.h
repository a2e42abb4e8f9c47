#pragma once
// Asks a denylist in Redis (denylist.h) whether a token is revoked, at each request: the classic
// central strategy. What an index would know besides (rules, position, freshness, purge time) is
// kept in one that has no entries, so that a Verifier with Options::entries_elsewhere does all the
// rest as ever, and what the denylist's keeper cannot vouch for is stale.
//
// After each new connection nothing is vouched for until the state has gone forward, since a server
// that starts again may have lost its last second: about a heartbeat.
//
// Owns a thread with one connection; questions that wait are sent together. The public functions
// are the loop's thread's.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "net/loop.h"
#include "net/redis.h"
#include "net/stepper.h"
#include "revocation/index.h"
#include "strategy/denylist.h"
#include "strategy/revocation_source.h"
#include "verifier/verifier.h"

namespace rescind::strategy {

class RedisDenylist final : public RevocationSource {
 public:
  struct Options {
    net::Redis::Address address;
    std::string name;
    Milliseconds timeout{500};
    std::size_t at_once = 4096;  // questions that wait; one more is answered kUnavailable
  };
  // `index` is written by nobody else. All of these outlive it.
  RedisDenylist(Options options, net::Loop& loop, revocation::Index& index, const Clock& clock,
                Log& log);
  ~RedisDenylist() override;

  // kUnavailable where the question is not one of targets.
  void ask(std::string_view token, const verifier::Pending& pending, Then then) override
      EXCLUDES(mutex_);
  // The state is read at once; it is read four times a second by itself.
  void look_again() override EXCLUDES(mutex_);

 private:
  struct Question {
    std::shared_ptr<const verifier::Targets> targets;
    Then then;
  };
  // What is told to the loop of the denylist's state.
  struct News {
    bool connected = false;
    bool anew = false;  // the first since the connection was made
    DenylistState state;
    std::shared_ptr<const revocation::Rules> rules;
  };

  BootTime step(Now now);
  void answer_none(std::vector<Question> questions);
  Result<void> work(const std::vector<Question>& questions, Now now);
  Result<void> look_at_state(const net::RedisReply& reply);
  Result<void> read_rules(const std::string& digest);
  void post(net::Loop::Task task);
  void take(const News& news);
  void lost(const Error& error);

  const Options options_;
  net::Loop& loop_;
  revocation::Index& index_;
  const Clock& clock_;
  Log& log_;
  Mutex mutex_;
  std::vector<Question> questions_ GUARDED_BY(mutex_);
  bool look_ GUARDED_BY(mutex_) = false;
  // The loop's own.
  WallTime vouched_after_{};
  revocation::FeedState state_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  // The thread's own.
  std::unique_ptr<net::Redis> redis_;  // null: not connected
  bool anew_ = false;
  std::string rules_digest_;
  std::shared_ptr<const revocation::Rules> rules_;
  BootTime retry_at_{};
  BootTime look_at_{};
  std::string last_problem_;
  net::ThreadStepper stepper_;
};

// What the values of plain and then of cut targets say (MGET, in this order).
verifier::Answer answer_of(const verifier::Targets& targets, const net::RedisReply& values);

}  // namespace rescind::strategy
