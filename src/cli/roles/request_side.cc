#include "cli/roles/request_side.h"

#include <optional>
#include <utility>

#include "authority/signed_request.h"
#include "base/clock.h"

namespace rescind::cli {
namespace {

constexpr Milliseconds kReadWait{200};
constexpr Milliseconds kRenewLease{3'000};  // a third of a lease's time
constexpr Milliseconds kAgain{1'000};
constexpr Milliseconds kStoreAgain{200};

// A shell's pipe ends what it passes on with a newline.
std::string without_newline(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

// The answer to the request that is being dealt with; may come when nobody waits any more.
struct RequestSide::Waiting {
  Mutex mutex;
  Condition changed;
  std::optional<authority::RequestOutcome> outcome GUARDED_BY(mutex);
};

RequestSide::RequestSide(Options options, Log& log)
    : options_(std::move(options)), log_(log), thread_([this] { run(); }) {}

void RequestSide::close() {
  {
    const MutexLock lock(mutex_);
    end_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool RequestSide::ended() const {
  const MutexLock lock(mutex_);
  return end_;
}

void RequestSide::pause(Milliseconds time) {
  const BootTime until = SystemClock().now().boot + time;
  const MutexLock lock(mutex_);
  while (!end_ && SystemClock().now().boot < until) changed_.wait_for(mutex_, time);
}

void RequestSide::run() {
  bool complained = false;
  while (!ended()) {
    const auto held = options_.lease->acquire();
    Result<void> read;
    if (!held) {
      read = std::unexpected(held.error());
    } else if (*held) {
      read = read_on(**held);
    }
    up_.store(false, std::memory_order_relaxed);
    if (!read && !std::exchange(complained, true)) {
      log_.warning("signed requests cannot be read",
                   {{"topic", options_.name}, {"why", read.error().message}});
    }
    if (read) complained = false;
    if (!ended()) pause(kAgain);
  }
  (void)options_.lease->release();
}

Result<void> RequestSide::read_on(feed::Position from) {
  TRY(options_.topic->open(from));
  up_.store(true, std::memory_order_relaxed);
  feed::Position done = from;
  BootTime renewed = SystemClock().now().boot;
  while (!ended()) {
    TRY_ASSIGN(const auto messages, options_.topic->read(kReadWait, authority::kMaxRequestBytes));
    for (const auto& message : messages) {
      if (!deal_with(message)) break;
      done = message.cursor;
    }
    const BootTime now = SystemClock().now().boot;
    if (messages.empty() && now - renewed < kRenewLease) continue;
    TRY_ASSIGN(const bool is_ours, options_.lease->advance(done));
    if (!is_ours) return {};
    renewed = now;
    if (!messages.empty()) options_.topic->forget(done);
  }
  return {};
}

bool RequestSide::deal_with(const transport::RequestTopic::Message& message) {
  if (message.is_too_large) {
    oversized_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  while (!ended()) {
    const auto waiting = std::make_shared<Waiting>();
    options_.take(without_newline(message.text), [waiting](authority::RequestOutcome outcome) {
      const MutexLock lock(waiting->mutex);
      waiting->outcome = outcome;
      waiting->changed.notify_all();
    });
    std::optional<authority::RequestOutcome> outcome;
    while (!outcome && !ended()) {
      const MutexLock lock(waiting->mutex);
      if (!waiting->outcome) waiting->changed.wait_for(waiting->mutex, kReadWait);
      outcome = waiting->outcome;
    }
    if (!outcome) return false;
    if (*outcome != authority::RequestOutcome::kTryAgain) return true;
    pause(kStoreAgain);
  }
  return false;
}

void RequestSide::expose(daemon::Samples& samples) const {
  samples.gauge({"rescind_requests_up", "Whether a broker's request topic is read here."},
                {{"topic", options_.name}}, up_.load(std::memory_order_relaxed) ? 1 : 0);
  samples.counter({"rescind_requests_oversized_total", "Signed requests that were too large."},
                  {{"topic", options_.name}},
                  static_cast<double>(oversized_.load(std::memory_order_relaxed)));
}

}  // namespace rescind::cli
