#include "net/loop.h"

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "net/loop_core.h"

namespace rescind::net {
namespace asio = boost::asio;

namespace {
thread_local const LoopCore* current_loop = nullptr;
}  // namespace

struct LoopCore::Parts {
  struct Signal {
    Signal(asio::io_context& io, int number, std::move_only_function<void(int)> handler)
        : set(io, number), task(std::move(handler)) {}
    void wait() {
      set.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) return;
        task(number);
        wait();
      });
    }
    asio::signal_set set;
    std::move_only_function<void(int)> task;
  };

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  std::unordered_map<std::uint64_t, asio::steady_timer> timers;
  std::uint64_t last_timer = 0;
  std::vector<std::unique_ptr<Signal>> signals;
};

LoopCore::LoopCore() : parts_(std::make_unique<Parts>()) {}
LoopCore::~LoopCore() = default;

asio::io_context& LoopCore::io() { return parts_->io; }

bool LoopCore::in_thread() const { return current_loop == this; }

void LoopCore::claim() {
  while (claimed_) changed_.wait(mutex_);
  claimed_ = true;
  outer_ = std::exchange(current_loop, this);
}

void LoopCore::run_calls() {
  while (true) {
    Call* call = nullptr;
    {
      MutexLock lock(mutex_);
      if (calls_.empty()) return;
      call = calls_.front();
      calls_.erase(calls_.begin());
    }
    (*call->task)();
    MutexLock lock(mutex_);
    call->done = true;
    changed_.notify_all();
  }
}

void LoopCore::release() {
  // A call() that came while run() was ending must not wait for a run() that may never come.
  while (true) {
    run_calls();
    MutexLock lock(mutex_);
    if (!calls_.empty()) continue;
    current_loop = outer_;
    claimed_ = false;
    changed_.notify_all();
    return;
  }
}

void LoopCore::run() {
  {
    MutexLock lock(mutex_);
    claim();
  }
  parts_->io.run();
  parts_->io.restart();
  release();
}

void LoopCore::stop() {
  MutexLock lock(mutex_);
  if (parts_) parts_->io.stop();
}

void LoopCore::post(Loop::Task task) {
  MutexLock lock(mutex_);
  if (!parts_) return;
  asio::post(parts_->io, [task = std::move(task)]() mutable { task(); });
}

void LoopCore::call(Loop::Task task) {
  if (in_thread()) return task();
  Call call{&task};
  {
    MutexLock lock(mutex_);
    if (claimed_) {
      calls_.push_back(&call);
      asio::post(parts_->io, [this] { run_calls(); });
      while (!call.done) changed_.wait(mutex_);
      return;
    }
    claim();  // before anybody's run() does: that one would keep it
  }
  task();
  release();
}

Loop::TimerId LoopCore::after(std::chrono::nanoseconds delay, Loop::Task task) {
  if (!parts_) return {};
  const std::uint64_t id = ++parts_->last_timer;
  auto& timer = parts_->timers.try_emplace(id, parts_->io, delay).first->second;
  timer.async_wait(
      [this, id, task = std::move(task)](const boost::system::error_code& error) mutable {
        if (error) return;
        // A cancel() that came after the timer had fired finds nothing to cancel but this.
        if (parts_->timers.erase(id) != 0) task();
      });
  return Loop::TimerId{id};
}

void LoopCore::cancel(Loop::TimerId id) {
  if (parts_) parts_->timers.erase(std::to_underlying(id));
}

void LoopCore::on_signal(int signal, std::move_only_function<void(int)> task) {
  parts_->signals.push_back(std::make_unique<Parts::Signal>(parts_->io, signal, std::move(task)));
  parts_->signals.back()->wait();
}

void LoopCore::shutdown() {
  std::unique_ptr<Parts> ending;
  {
    MutexLock lock(mutex_);
    CHECK(!claimed_);
    ending = std::move(parts_);
  }
  // Outside the lock: a task that is dropped may own a Responder, whose end posts to us.
  ending.reset();
}

Loop::Loop() : core_(std::make_shared<LoopCore>()) {}
Loop::~Loop() { core_->shutdown(); }
void Loop::run() { core_->run(); }
void Loop::stop() { core_->stop(); }
void Loop::post(Task task) { core_->post(std::move(task)); }
void Loop::call(Task task) { core_->call(std::move(task)); }
bool Loop::in_thread() const { return core_->in_thread(); }
Loop::TimerId Loop::after(std::chrono::nanoseconds delay, Task task) {
  return core_->after(delay, std::move(task));
}
void Loop::cancel(TimerId id) { core_->cancel(id); }
void Loop::on_signal(int signal, std::move_only_function<void(int)> task) {
  core_->on_signal(signal, std::move(task));
}

}  // namespace rescind::net
