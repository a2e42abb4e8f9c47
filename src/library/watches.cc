#include "library/watches.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "library/quiet_thread.h"

namespace rescind::library {
namespace {

constexpr std::chrono::nanoseconds kLookEvery = std::chrono::milliseconds(2);
// A sweep is followed by a pause of so many times its own length.
constexpr int kPausesPerSweep = 9;

verifier::Options for_watches(verifier::Options options) {
  options.cached_tokens = 0;
  return options;
}

class Handle final : public Verifier::Watch {
 public:
  Handle(std::shared_ptr<WatchList> list, std::shared_ptr<Waiting> waiting)
      : list_(std::move(list)), waiting_(std::move(waiting)) {}
  ~Handle() override { list_->remove(*waiting_); }

 private:
  std::shared_ptr<WatchList> list_;
  std::shared_ptr<Waiting> waiting_;
};

}  // namespace

// The thread's own: which of the watches are revoked, by what is known.
class Watches::Sweeper {
 public:
  Sweeper(const verifier::Options& options, const Knowledge& knowledge, Random& random)
      : knowledge_(knowledge),
        verifier_(for_watches(options), knowledge.views(), knowledge.issuers, random) {}

  void adopt(const Knowledge& knowledge) {
    if (knowledge.number <= knowledge_.number) return;
    library::adopt(knowledge, knowledge_, verifier_);
    knowledge_ = knowledge;
  }
  bool behind(Now now) const { return !verifier_.fresh(now) || outdated(knowledge_, verifier_); }
  // Whether anything has been applied, or others are in the list, since the last sweep.
  bool due(const WatchList::Copy& watches) const { return versions(watches) != swept_; }
  void sweep(const WatchList::Copy& watches, WatchList& list) {
    swept_ = versions(watches);
    for (const auto& waiting : watches.all) {
      if (const auto reason = verifier_.revoked_now(waiting->watched)) {
        list.tell(*waiting, *reason);
      }
    }
  }

 private:
  struct Versions {
    std::uint64_t indexes, rules, knowledge, list;
    bool operator==(const Versions&) const = default;
  };
  // Of the indexes the sums: each of them only grows, while the knowledge is the same.
  Versions versions(const WatchList::Copy& watches) const {
    Versions now{.indexes = 0, .rules = 0, .knowledge = knowledge_.number, .list = watches.version};
    for (const verifier::AttachedIndex& index : verifier_.indexes()) {
      now.indexes += index->version();
      now.rules += index->rules_generation();
    }
    return now;
  }

  Knowledge knowledge_;
  verifier::Verifier verifier_;
  Versions swept_{};
};

Watches::Watches(const verifier::Options& options, const Knowledge& knowledge,
                 std::function<void(Now)> look, const Clock& clock, Random& random)
    : options_(options),
      look_(std::move(look)),
      clock_(clock),
      random_(random),
      knowledge_(knowledge) {}

std::unique_ptr<Verifier::Watch> Watches::add(verifier::Watched watched,
                                              std::function<void(Reason)> then) {
  auto waiting = std::make_shared<Waiting>(std::move(watched), std::move(then));
  const bool nobody_looks = list_->add(waiting);
  auto handle = std::make_unique<Handle>(list_, std::move(waiting));
  if (nobody_looks) {
    const MutexLock lock(thread_mutex_);
    // One of before has nothing to do any more but to return.
    if (thread_.joinable()) thread_.join();
    thread_ = start_quiet_thread("rescind-watch", [this] { run(); });
  }
  return handle;
}

void Watches::adopt(const Knowledge& knowledge) {
  const MutexLock lock(knowledge_mutex_);
  if (knowledge.number > knowledge_.number) knowledge_ = knowledge;
}

void Watches::end() {
  list_->end();
  const MutexLock lock(thread_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Watches::catch_up(Sweeper& sweeper) {
  const Now now = clock_.now();
  if (sweeper.behind(now)) look_(now);
  const MutexLock lock(knowledge_mutex_);
  sweeper.adopt(knowledge_);
}

void Watches::run() {
  knowledge_mutex_.lock();
  const Knowledge first = knowledge_;
  knowledge_mutex_.unlock();
  Sweeper sweeper(options_, first, random_);
  WatchList::Copy watches;
  std::chrono::nanoseconds pause = kLookEvery;
  while (list_->wait(pause, watches)) {
    catch_up(sweeper);
    pause = kLookEvery;
    if (!sweeper.due(watches)) continue;
    const BootTime begun = clock_.now().boot;
    sweeper.sweep(watches, *list_);
    pause = std::max(pause, kPausesPerSweep * (clock_.now().boot - begun));
  }
}

}  // namespace rescind::library
