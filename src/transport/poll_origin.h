#pragma once
// Where a follower gets what it misses, over HTTP: from the authority, or from an agent, which
// serves the same. Questions of one kind may be under way beside others. A snapshot's segments are
// fetched several at a time, and each is what the manifest calls it by its digest; whether the
// manifest itself is to be believed, the follower says. One thread, the loop's; answers come there,
// never within the call.

#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "feed/ports.h"
#include "net/loop.h"
#include "transport/poll_access.h"

namespace rescind::transport {

struct FeedCaller;

class PollOrigin final : public feed::Origin {
 public:
  // The loop outlives this. With its end all questions end, unanswered. kInvalid as checked() in
  // poll_access.h.
  static Result<std::unique_ptr<PollOrigin>> open(net::Loop& loop, FeedAccess access,
                                                  Random& random, Log& log);
  ~PollOrigin() override;

  void batches_after(feed::Position after, Then<std::vector<std::string>> then) override;
  void snapshot(Then<feed::Snapshot> then) override;
  void heartbeat(Then<std::string> then) override;
  void report(const feed::Report& report, Then<void> then) override;
  void give_back(const std::vector<std::string>& words, Then<bool> then) override;

 private:
  explicit PollOrigin(std::unique_ptr<FeedCaller> caller);
  std::unique_ptr<FeedCaller> caller_;
};

}  // namespace rescind::transport
