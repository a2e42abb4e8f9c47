#pragma once
// A mutex that clang's thread safety analysis knows (-Wthread-safety is an error there), and the
// annotations for what it guards. Never call out holding one; never hold two.

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define RESCIND_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define RESCIND_THREAD_ANNOTATION(x)
#endif

#define GUARDED_BY(x) RESCIND_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) RESCIND_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) RESCIND_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace rescind {

class RESCIND_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() RESCIND_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  // False, at once, where another thread holds it.
  bool try_lock() RESCIND_THREAD_ANNOTATION(try_acquire_capability(true)) {
    return mutex_.try_lock();
  }
  // For the analysis alone, where it cannot follow who holds it: within a lambda.
  void assert_held() RESCIND_THREAD_ANNOTATION(assert_capability()) {}
  void unlock() RESCIND_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class RESCIND_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) RESCIND_THREAD_ANNOTATION(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  // Of one that this thread holds already.
  MutexLock(Mutex& mutex, std::adopt_lock_t /*held*/) REQUIRES(mutex) : mutex_(mutex) {}
  ~MutexLock() RESCIND_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits with a Mutex: `while (!ready) condition.wait(mutex);`
class Condition {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) { condition_.wait(mutex); }
  template <typename Rep, typename Period>
  void wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> time) REQUIRES(mutex) {
    condition_.wait_for(mutex, time);
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace rescind
