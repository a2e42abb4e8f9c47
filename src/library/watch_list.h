#pragma once
// The watches that wait, between the threads that set and end them and the one that tells them.
// Thread-safe; a watch's owner may outlive everything else.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "rescind/decision.h"
#include "verifier/watched.h"

namespace rescind::library {

struct Waiting {
  verifier::Watched watched;  // only the thread that tells touches it
  std::function<void(Reason)> then;

  std::size_t place = 0;  // in the list; the list's
  bool listed = false;
};

class WatchList {
 public:
  // True where nobody waits on the list yet: the caller has to see to that.
  bool add(std::shared_ptr<Waiting> waiting) EXCLUDES(mutex_);
  // Returns when it is not called any more; at once within its own call.
  void remove(Waiting& waiting) EXCLUDES(mutex_);
  // No call comes after; wait() returns false.
  void end() EXCLUDES(mutex_);

  // For the one thread that tells. Returns after the pause, or as soon as there are others in the
  // list, which are then copied. False where nobody waits any more: the thread is to end.
  struct Copy {
    std::vector<std::shared_ptr<Waiting>> all;
    std::uint64_t version = 0;
  };
  bool wait(std::chrono::nanoseconds pause, Copy& copy) EXCLUDES(mutex_);
  // Calls it and forgets it.
  void tell(Waiting& waiting, Reason reason) EXCLUDES(mutex_);

 private:
  void unlist(Waiting& waiting) REQUIRES(mutex_);

  Mutex mutex_;
  Condition changed_;
  Condition told_;
  std::vector<std::shared_ptr<Waiting>> list_ GUARDED_BY(mutex_);
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;  // grows with each one that is added
  const Waiting* telling_ GUARDED_BY(mutex_) = nullptr;
  std::thread::id teller_ GUARDED_BY(mutex_);
  bool attended_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace rescind::library
