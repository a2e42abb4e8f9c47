#include "library/watch_list.h"

#include <utility>

namespace rescind::library {

bool WatchList::add(std::shared_ptr<Waiting> waiting) {
  const MutexLock lock(mutex_);
  waiting->place = list_.size();
  waiting->listed = true;
  list_.push_back(std::move(waiting));
  ++version_;
  changed_.notify_one();
  return !std::exchange(attended_, true);
}

void WatchList::unlist(Waiting& waiting) {
  if (!std::exchange(waiting.listed, false)) return;
  list_.back()->place = waiting.place;
  std::swap(list_[waiting.place], list_.back());
  list_.pop_back();
}

void WatchList::remove(Waiting& waiting) {
  const MutexLock lock(mutex_);
  unlist(waiting);
  while (telling_ == &waiting && teller_ != std::this_thread::get_id()) told_.wait(mutex_);
}

void WatchList::end() {
  const MutexLock lock(mutex_);
  ended_ = true;
  while (!list_.empty()) unlist(*list_.back());
  changed_.notify_one();
}

bool WatchList::wait(std::chrono::nanoseconds pause, Copy& copy) {
  const MutexLock lock(mutex_);
  if (copy.version == version_) changed_.wait_for(mutex_, pause);
  attended_ = !list_.empty();
  if (copy.version != version_ || copy.all.size() > 2 * list_.size()) copy.all = list_;
  copy.version = version_;
  return attended_;
}

void WatchList::tell(Waiting& waiting, Reason reason) {
  {
    const MutexLock lock(mutex_);
    if (!waiting.listed) return;
    unlist(waiting);
    telling_ = &waiting;
    teller_ = std::this_thread::get_id();
  }
  waiting.then(reason);
  const MutexLock lock(mutex_);
  telling_ = nullptr;
  told_.notify_all();
}

}  // namespace rescind::library
