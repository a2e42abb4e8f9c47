#include "store/committer.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "store/limits.h"
#include "store/writer.h"

namespace rescind::store {
namespace {

struct Queued {
  Committer::Operation operation;
  Committer::Done done;
  Group::Outcome outcome{};
};

Error unavailable(const Error& cause) {
  return {ErrorCode::kUnavailable, "nothing was changed, try again: " + cause.message};
}

}  // namespace

struct Committer::Body {
  BootTime step(Now now);
  std::vector<Queued> take_group(BootTime boot);
  void commit(std::vector<Queued> group, Now now);
  void publish_head(const Commit& commit);
  void publish_head();  // of the writer's own doings
  BootTime deadline() const;

  Options options;
  Log& log;
  std::function<void()> wake;
  std::unique_ptr<Writer> writer;
  std::vector<std::function<void(const Commit&)>> observers;
  BootTime next_housekeeping{};
  BootTime next_group{};
  bool held = false;

  mutable Mutex mutex;
  std::deque<Queued> queue GUARDED_BY(mutex);
  Position head GUARDED_BY(mutex);
};

BootTime Committer::Body::step(Now now) {
  if (std::vector<Queued> group = take_group(now.boot); !group.empty()) {
    commit(std::move(group), now);
    next_group = now.boot + options.spacing;
  }
  if (now.boot >= next_housekeeping) {
    next_housekeeping = writer->keep_house(now);
    publish_head();
  }
  return deadline();
}

std::vector<Queued> Committer::Body::take_group(BootTime boot) {
  std::vector<Queued> group;
  if (boot < next_group || held) return group;
  const MutexLock lock(mutex);
  while (!queue.empty() && group.size() < options.group_limit) {
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

void Committer::Body::commit(std::vector<Queued> group, Now now) {
  const Result<Committed> committed =
      writer->commit(now, [&group](Group& transaction) -> Result<void> {
        for (Queued& one : group) {
          TRY_ASSIGN(one.outcome, transaction.run(one.operation));
        }
        return {};
      });
  if (!committed) log.error("cannot commit", {{"error", committed.error().message}});
  if (committed) {
    publish_head({committed->before, committed->head, committed->wants_receipts});
  } else {
    publish_head();
  }
  for (Queued& one : group) {
    if (!committed) {
      one.done(std::unexpected(unavailable(committed.error())));
    } else if (!one.outcome.of_operation) {
      one.done(std::unexpected(std::move(one.outcome.of_operation).error()));
    } else {
      one.done(*committed);
    }
  }
}

void Committer::Body::publish_head(const Commit& commit) {
  {
    const MutexLock lock(mutex);
    if (head == commit.head) return;
    head = commit.head;
  }
  for (const auto& observer : observers) observer(commit);
}

void Committer::Body::publish_head() {
  Position before;
  {
    const MutexLock lock(mutex);
    before = head;
  }
  publish_head({.before = before, .head = writer->head()});
}

BootTime Committer::Body::deadline() const {
  const MutexLock lock(mutex);
  return queue.empty() || held ? next_housekeeping : std::min(next_housekeeping, next_group);
}

Result<std::unique_ptr<Committer>> Committer::open(Options options,
                                                   std::unique_ptr<Database> database,
                                                   std::shared_ptr<const jwt::SigningKey> key,
                                                   Log& log, Now now, std::function<void()> wake) {
  TRY_ASSIGN(std::unique_ptr<Writer> writer,
             Writer::open(options, std::move(database), std::move(key), log, now));
  std::unique_ptr<Body> body(new Body{.options = std::move(options),
                                      .log = log,
                                      .wake = std::move(wake),
                                      .writer = std::move(writer),
                                      .observers = {},
                                      .next_housekeeping = now.boot + kHousekeepingEvery,
                                      .next_group = now.boot,
                                      .held = false,
                                      .mutex = {},
                                      .queue = {},
                                      .head = {}});
  body->publish_head();
  return std::unique_ptr<Committer>(new Committer(std::move(body)));
}

Committer::Committer(std::unique_ptr<Body> body) : body_(std::move(body)) {}

Committer::~Committer() {
  std::deque<Queued> left;
  {
    const MutexLock lock(body_->mutex);
    left.swap(body_->queue);
  }
  for (Queued& one : left) {
    one.done(fail(ErrorCode::kUnavailable, "nothing was changed: the authority is stopping"));
  }
}

void Committer::submit(Operation operation, Done done) {
  std::optional<Done> refused;
  {
    const MutexLock lock(body_->mutex);
    if (body_->queue.size() < body_->options.queue_limit) {
      body_->queue.push_back({std::move(operation), std::move(done), {}});
    } else {
      refused = std::move(done);
    }
  }
  if (refused) {
    (*refused)(fail(ErrorCode::kExhausted, "too many changes at once, try again"));
  } else if (body_->wake) {
    body_->wake();
  }
}

BootTime Committer::step(Now now) { return body_->step(now); }

void Committer::on_commit(std::function<void(const Commit&)> observer) {
  body_->observers.push_back(std::move(observer));
}

Position Committer::head() const {
  const MutexLock lock(body_->mutex);
  return body_->head;
}

std::shared_ptr<SteadyTime> Committer::steady_time() const { return body_->writer->steady_time(); }

Result<std::optional<Committer::Lost>> Committer::find_lost(std::string_view proof) {
  return body_->writer->find_lost(proof);
}

Result<std::optional<Committer::OpenLoss>> Committer::open_loss(WallTime now) {
  return body_->writer->open_loss(now);
}

void Committer::hold(bool held) { body_->held = held; }

Result<bool> Committer::recover(std::string_view proof, bool cut, Now now) {
  return recover(proof, cut, now, {});
}

Result<bool> Committer::recover(std::string_view proof, bool cut, Now now, const TakenBack& taken) {
  Result<bool> recovered = body_->writer->recover(proof, cut, now, taken);
  body_->publish_head();
  return recovered;
}

Result<void> Committer::change_key(std::shared_ptr<const jwt::SigningKey> next, Now now) {
  Result<void> changed = body_->writer->change_key(std::move(next), now);
  body_->publish_head();
  return changed;
}

}  // namespace rescind::store
