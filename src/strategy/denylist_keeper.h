#pragma once
// Keeps a denylist in Redis (denylist.h) as a follower's index has it: each revocation a key that
// expires with it, by EXAT (Redis 6.2 or newer). Several keepers may keep the same one: values are
// joined in the server, so that none takes back what another has written.
//
// Owns a thread, since Redis makes it wait. All entries are written anew after each time that the
// connection was lost or something was missing there: until that is done the state beside them does
// not go forward, and who asks knows that nobody vouches for them.
//
// add(), add_all() and set_state() are one thread's, the follower's.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "net/redis.h"
#include "net/stepper.h"
#include "revocation/rules.h"
#include "strategy/denylist.h"

namespace rescind::strategy {

class DenylistKeeper {
 public:
  struct Options {
    net::Redis::Address address;
    std::string name;
  };
  struct Counters {
    bool connected = false;
    std::uint64_t entries = 0;  // written
    std::uint64_t wholes = 0;   // how often all of them were
  };
  DenylistKeeper(Options options, const Clock& clock, Log& log);
  ~DenylistKeeper();

  void add(std::vector<revocation::Entry> entries) EXCLUDES(mutex_);
  // True until add_all(): what lies in Redis cannot be vouched for.
  bool wants_all() const EXCLUDES(mutex_);
  void add_all(std::vector<revocation::Entry> entries) EXCLUDES(mutex_);
  // `state.rules` is filled in here. Written after the entries that were added before it; of
  // several that wait the last.
  void set_state(DenylistState state, std::shared_ptr<const revocation::Rules> rules)
      EXCLUDES(mutex_);
  Counters counters() const EXCLUDES(mutex_);

 private:
  struct Work {
    std::vector<revocation::Entry> entries;
    bool all = false;  // these are all there are
    std::optional<DenylistState> state;
    std::shared_ptr<const revocation::Rules> rules;
  };
  BootTime step(Now now);
  Result<void> connect();
  Result<void> keep(const Work& work);
  Result<void> write(const std::vector<revocation::Entry>& entries);
  Result<void> write_state(const Work& work);
  void want_all() EXCLUDES(mutex_);
  void lost(const Error& error);

  const Options options_;
  Log& log_;
  mutable Mutex mutex_;
  Work work_ GUARDED_BY(mutex_);
  bool wants_all_ GUARDED_BY(mutex_) = true;
  Counters counters_ GUARDED_BY(mutex_);
  // The thread's own.
  std::unique_ptr<net::Redis> redis_;  // null: not connected
  std::shared_ptr<const revocation::Rules> rules_;
  std::string rules_digest_;
  BootTime retry_at_{};
  std::string last_problem_;
  net::ThreadStepper stepper_;
};

}  // namespace rescind::strategy
