#include "net/server_stream.h"

#include <utility>

#include "net/loop_core.h"

namespace rescind::net {
namespace {

class StreamHandle final : public Stream {
 public:
  explicit StreamHandle(std::shared_ptr<StreamQueue> queue) : queue_(std::move(queue)) {}
  ~StreamHandle() override { queue_->close(); }
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;

  bool send(std::shared_ptr<const std::string> bytes) override {
    return queue_->send(std::move(bytes));
  }
  void on_close(std::move_only_function<void()> task) override {
    queue_->on_close(std::move(task));
  }
  void close() override { queue_->close(); }

 private:
  std::shared_ptr<StreamQueue> queue_;
};

}  // namespace

StreamQueue::StreamQueue(std::shared_ptr<LoopCore> loop, std::size_t limit)
    : loop_(std::move(loop)), limit_(limit) {}

void StreamQueue::request_flush() {
  // Always by way of the loop's queue, on its own thread too: what is sent in one turn leaves as
  // one write, and send() never calls back.
  loop_->post([queue = shared_from_this()] {
    if (queue->flush_) queue->flush_();
  });
}

bool StreamQueue::send(std::shared_ptr<const std::string> bytes) {
  bool accepted = true;
  {
    MutexLock lock(mutex_);
    if (ended_ || closing_) return false;
    if (bytes->empty()) return true;
    if (bytes_ + bytes->size() > limit_) {
      closing_ = overflowed_ = true;
      waiting_.clear();
      accepted = false;
    } else {
      bytes_ += bytes->size();
      waiting_.push_back(std::move(bytes));
      if (std::exchange(flush_requested_, true)) return true;
    }
  }
  request_flush();
  return accepted;
}

void StreamQueue::close() {
  {
    MutexLock lock(mutex_);
    if (ended_ || std::exchange(closing_, true)) return;
    if (std::exchange(flush_requested_, true)) return;
  }
  request_flush();
}

void StreamQueue::on_close(Loop::Task task) {
  {
    MutexLock lock(mutex_);
    if (!ended_) {
      on_close_ = std::move(task);
      return;
    }
  }
  loop_->post(std::move(task));
}

std::size_t StreamQueue::take(std::vector<std::shared_ptr<const std::string>>& batch,
                              std::size_t size) {
  MutexLock lock(mutex_);
  flush_requested_ = false;
  bytes_ -= std::exchange(under_way_, 0);
  while (!waiting_.empty() && under_way_ < size) {
    under_way_ += waiting_.front()->size();
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return under_way_;
}

bool StreamQueue::overflowed() {
  MutexLock lock(mutex_);
  return overflowed_;
}

bool StreamQueue::finished() {
  MutexLock lock(mutex_);
  return closing_ && !overflowed_ && waiting_.empty();
}

void StreamQueue::end() {
  flush_ = nullptr;
  Loop::Task task;
  {
    MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
    waiting_.clear();
    task = std::move(on_close_);
  }
  if (task) task();
}

std::shared_ptr<Stream> make_stream(std::shared_ptr<StreamQueue> queue) {
  return std::make_shared<StreamHandle>(std::move(queue));
}

}  // namespace rescind::net
