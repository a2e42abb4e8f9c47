#pragma once
// Who wants to hear of a token's revocation, and the thread that tells them: it is there only while
// somebody waits, looks every 2 ms whether anything was applied to the index, and only then asks
// for each watch again. It spends at most a tenth of its time on that, so with very many watches
// under constant revocations a call may come later (10,000 watches: some 30 ms). Thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "library/verifier_pool.h"
#include "library/watch_list.h"
#include "rescind/verifier.h"

namespace rescind::library {

class Watches {
 public:
  // `look` is Source::look, for when its knowledge is behind. What that uses, `clock` and `random`
  // are thread-safe and outlive end().
  Watches(const verifier::Options& options, const Knowledge& knowledge,
          std::function<void(Now)> look, const Clock& clock, Random& random);
  ~Watches() { end(); }
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  // `then` is not to throw. The watch may outlive this; then it is not called any more.
  std::unique_ptr<Verifier::Watch> add(verifier::Watched watched, std::function<void(Reason)> then);
  void adopt(const Knowledge& knowledge);
  // No call comes after. Not within one.
  void end();

 private:
  class Sweeper;
  void run();
  void catch_up(Sweeper& sweeper);

  const verifier::Options options_;
  const std::function<void(Now)> look_;
  const Clock& clock_;
  Random& random_;
  const std::shared_ptr<WatchList> list_ = std::make_shared<WatchList>();
  Mutex knowledge_mutex_;
  Knowledge knowledge_ GUARDED_BY(knowledge_mutex_);
  Mutex thread_mutex_;
  std::thread thread_ GUARDED_BY(thread_mutex_);
};

}  // namespace rescind::library
