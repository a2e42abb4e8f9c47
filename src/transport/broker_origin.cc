#include "transport/broker_origin.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

namespace rescind::transport {
namespace {

// As many as one answer over HTTP has.
constexpr std::size_t kBatchesPerAnswer = 1000;
// Nothing for so long: that was the end. Heartbeats come each second.
constexpr Milliseconds kEnd{200};
constexpr std::chrono::seconds kLongest{10};

bool is_heartbeat(const std::string& jws) {
  const auto word = feed::read_word(jws);
  return word && std::holds_alternative<feed::Heartbeat>(word->content);
}

// The batches after a position, as they are read word by word. An answer may end at a heartbeat
// that lies between batches, since it is asked again for what comes after it; that there is nothing
// at all only silence says.
class Collector {
 public:
  explicit Collector(feed::Position after) : after_(after), last_(after) {}

  // False: what comes after the position is not kept any more.
  bool take(std::string jws) {
    const auto word = feed::read_word(jws);
    if (!word) return true;
    if (const auto* const heartbeat = std::get_if<feed::Heartbeat>(&word->content)) {
      at_head_ = heartbeat->head <= last_ && !batches_.empty();
      return true;
    }
    const feed::Position position = std::get<feed::Batch>(word->content).position;
    if (position <= after_) return true;
    if (batches_.empty() && position.number > after_.number + 1) return false;
    last_ = std::max(last_, position);
    at_head_ = false;
    batches_.push_back(std::move(jws));
    return true;
  }
  bool enough() const { return at_head_ || batches_.size() >= kBatchesPerAnswer; }
  std::vector<std::string> batches() { return std::move(batches_); }

 private:
  feed::Position after_;
  feed::Position last_;
  bool at_head_ = false;  // a heartbeat has said so, be it an old one
  std::vector<std::string> batches_;
};

Result<std::vector<std::string>> read_after(BrokerReader& reader, feed::Position after) {
  TRY(reader.open(after));
  const auto end = SystemClock().now().boot + kLongest;
  Collector collector(after);
  while (!collector.enough() && SystemClock().now().boot < end) {
    TRY_ASSIGN(std::vector<std::string> words, reader.read(kEnd));
    if (words.empty()) break;
    for (std::string& jws : words) {
      if (!collector.take(std::move(jws))) {
        return fail(ErrorCode::kGone, "the broker does not keep what comes after " +
                                          revocation::to_string(after) + " any more");
      }
    }
  }
  return collector.batches();
}

// The newest that lies there, or the next that comes.
Result<std::string> read_heartbeat(BrokerReader& reader) {
  TRY(reader.open({.term = ~std::uint64_t{0} >> 1U, .number = ~std::uint64_t{0} >> 1U}));
  const auto end = SystemClock().now().boot + kLongest;
  std::string newest;
  while (SystemClock().now().boot < end) {
    // Once there is one, what else lies there already is all that is waited for.
    const Milliseconds wait = newest.empty() ? kEnd : Milliseconds(1);
    TRY_ASSIGN(std::vector<std::string> words, reader.read(wait));
    if (!newest.empty() && words.empty()) break;
    for (std::string& jws : words) {
      if (is_heartbeat(jws)) newest = std::move(jws);
    }
  }
  if (newest.empty()) return fail(ErrorCode::kTimeout, "no heartbeat came from the broker");
  return newest;
}

}  // namespace

struct BrokerOrigin::Body {
  using Job = std::move_only_function<void()>;

  MakeBrokerReader make;
  net::Loop& loop;
  Mutex mutex;
  Condition changed;
  std::deque<Job> jobs GUARDED_BY(mutex);
  bool end GUARDED_BY(mutex) = false;

  void run() {
    for (;;) {
      Job job;
      {
        const MutexLock lock(mutex);
        while (!end && jobs.empty()) changed.wait(mutex);
        if (end) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      job();
    }
  }

  // `ask` on the thread; its answer on the loop, unless all has ended by then.
  template <typename T>
  static void ask(const std::shared_ptr<Body>& body,
                  std::move_only_function<Result<T>(BrokerReader&)> ask, Then<T> then) {
    const MutexLock lock(body->mutex);
    body->jobs.push_back([body = std::weak_ptr(body), raw = body.get(), ask = std::move(ask),
                          then = std::move(then)]() mutable {
      const auto reader = raw->make();
      raw->loop.post([body = std::move(body), answer = ask(*reader), then = std::move(then)]() {
        if (!body.expired()) then(answer);
      });
    });
    body->changed.notify_one();
  }
};

BrokerOrigin::BrokerOrigin(MakeBrokerReader make, net::Loop& loop)
    : body_(std::make_shared<Body>(std::move(make), loop)),
      thread_([body = body_.get()] { body->run(); }) {}

BrokerOrigin::~BrokerOrigin() {
  {
    const MutexLock lock(body_->mutex);
    body_->end = true;
  }
  body_->changed.notify_all();
  thread_.join();
}

void BrokerOrigin::batches_after(feed::Position after, Then<std::vector<std::string>> then) {
  Body::ask<std::vector<std::string>>(
      body_, [after](BrokerReader& reader) { return read_after(reader, after); }, std::move(then));
}

void BrokerOrigin::snapshot(Then<feed::Snapshot> then) {
  Body::ask<feed::Snapshot>(
      body_, [](BrokerReader& reader) { return reader.snapshot(); }, std::move(then));
}

void BrokerOrigin::heartbeat(Then<std::string> then) {
  Body::ask<std::string>(
      body_, [](BrokerReader& reader) { return read_heartbeat(reader); }, std::move(then));
}

void BrokerOrigin::report(const feed::Report& /*report*/, Then<void> then) {
  body_->loop.post([body = std::weak_ptr(body_), then = std::move(then)] {
    if (!body.expired()) then(fail(ErrorCode::kUnavailable, "a broker takes no receipts"));
  });
}

}  // namespace rescind::transport
