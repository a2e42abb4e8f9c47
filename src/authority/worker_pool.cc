#include "authority/worker_pool.h"

#include <sys/resource.h>
#include <unistd.h>

namespace rescind::authority {
namespace {

constexpr int kBackgroundNice = 5;  // a third of the share of the others

}  // namespace

WorkerPool::WorkerPool(const Options& options) : options_(options) {
  for (unsigned i = 0; i < options.threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { close(); }

void WorkerPool::close() {
  {
    const MutexLock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
  std::deque<Task> dropped;
  const MutexLock lock(mutex_);
  queue_.swap(dropped);
}

bool WorkerPool::submit(Task task) {
  {
    const MutexLock lock(mutex_);
    if (ended_ || queue_.size() >= options_.queue) return false;
    queue_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::run() {
  // On Linux a thread has a nice value of its own; failing to set it changes nothing but order.
  if (options_.background) {
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kBackgroundNice);
  }
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      while (!ended_ && queue_.empty()) changed_.wait(mutex_);
      if (ended_) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace rescind::authority
