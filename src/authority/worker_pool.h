#pragma once
// A fixed number of threads and a bounded queue before them: for what takes milliseconds of a core
// (password hashes, signatures), which no event loop and no writer may wait for. Background threads
// run at a lower priority, so that a flood of logins does not starve the rest of the process.
//
// Thread-safe. The end of a pool drops what is queued and waits for what runs.

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace rescind::authority {

// Runs a task on some other thread, or says that it cannot: then the task is not run and is
// destroyed. Tests run it at once.
using Task = std::move_only_function<void()>;
using Executor = std::function<bool(Task)>;

class WorkerPool {
 public:
  struct Options {
    unsigned threads = 1;
    std::size_t queue = 32;  // tasks that wait
    bool background = false;
  };
  explicit WorkerPool(const Options& options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Drops what is queued and waits for what runs; from then on nothing is taken.
  void close() EXCLUDES(mutex_);
  // False where the queue is full.
  bool submit(Task task) EXCLUDES(mutex_);
  Executor executor() {
    return [this](Task task) { return submit(std::move(task)); };
  }

 private:
  void run();

  const Options options_;
  Mutex mutex_;
  Condition changed_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace rescind::authority
