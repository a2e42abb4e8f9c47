#include "library/verifier_pool.h"

#include <pthread.h>

#include <algorithm>
#include <bit>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace rescind::library {
namespace {

constexpr std::size_t kMaxSlots = 64;

// Stays the same for a thread, and differs for most that live at once.
std::size_t number_of_this_thread() {
  const auto address = std::bit_cast<std::uint64_t>(pthread_self());
  return static_cast<std::size_t>(address * 0x9e37'79b9'7f4a'7c15U >> 40U);
}

}  // namespace

std::vector<verifier::Verifier::View> Knowledge::views() const {
  std::vector<verifier::Verifier::View> all;
  for (const Known& known : indexes) all.push_back(known.index);
  return all;
}

void adopt(const Knowledge& later, const Knowledge& before, verifier::Verifier& verifier) {
  for (std::size_t i = 0; i < later.indexes.size(); ++i) {
    if (later.indexes[i].index != before.indexes[i].index) {
      verifier.set_index(later.indexes[i].index, i);
    }
  }
  // Makes all signatures be checked again.
  if (later.issuers != before.issuers) verifier.set_issuers(later.issuers);
}

bool outdated(const Knowledge& knowledge, const verifier::Verifier& verifier) {
  for (std::size_t i = 0; i < knowledge.indexes.size(); ++i) {
    const verifier::AttachedIndex& index = verifier.indexes()[i];
    if (index->view()->superseded() ||
        index->keys_generation() != knowledge.indexes[i].keys_generation) {
      return true;
    }
  }
  return false;
}

// A line of its own, so that threads do not slow each other.
struct alignas(64) VerifierPool::Slot {
  Mutex mutex;
  Knowledge knowledge GUARDED_BY(mutex);
  std::unique_ptr<verifier::Verifier> verifier GUARDED_BY(mutex);

  void adopt(const Knowledge& later) REQUIRES(mutex) {
    if (later.number <= knowledge.number) return;
    if (verifier) library::adopt(later, knowledge, *verifier);
    knowledge = later;
  }
  // Pending for a position that is wanted alone: the policy is not to ask.
  Checked checked(verifier::Outcome outcome) const REQUIRES(mutex) {
    if (const auto* pending = std::get_if<verifier::Pending>(&outcome)) {
      Checked late = checked(verifier->decide_behind(*pending));
      late.short_of_wanted = true;
      return late;
    }
    auto& decision = std::get<Decision>(outcome);
    const bool unvouched = decision.reason() == Reason::kStale || decision.stale();
    return {.decision = std::move(decision),
            .behind = unvouched || outdated(knowledge, *verifier),
            .issuer_of_unknown_key = {}};
  }
};

VerifierPool::VerifierPool(const verifier::Options& options, const Knowledge& knowledge,
                           Random& random)
    : options_(options), random_(random) {
  const std::size_t threads =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxSlots);
  for (std::size_t i = 0; i < std::bit_ceil(threads); ++i) {
    slots_.push_back(std::make_unique<Slot>());
    const MutexLock lock(slots_.back()->mutex);
    slots_.back()->knowledge = knowledge;
  }
}

VerifierPool::~VerifierPool() = default;

void VerifierPool::adopt(const Knowledge& knowledge) {
  for (const auto& slot : slots_) {
    const MutexLock lock(slot->mutex);
    slot->adopt(knowledge);
  }
}

template <typename Use>
auto VerifierPool::with_slot(Use use) {
  const std::size_t mine = number_of_this_thread();
  const auto used = [&](Slot& slot) {
    slot.mutex.assert_held();
    if (!slot.verifier) {
      slot.verifier = std::make_unique<verifier::Verifier>(options_, slot.knowledge.views(),
                                                           slot.knowledge.issuers, random_);
    }
    return use(slot);
  };
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = *slots_[(mine + i) & (slots_.size() - 1)];
    if (!slot.mutex.try_lock()) continue;
    const MutexLock lock(slot.mutex, std::adopt_lock);
    return used(slot);
  }
  Slot& slot = *slots_[mine & (slots_.size() - 1)];
  const MutexLock lock(slot.mutex);
  return used(slot);
}

VerifierPool::Checked VerifierPool::check(std::string_view token, Now now,
                                          std::optional<revocation::Position> wanted) {
  return with_slot([&](Slot& slot) {
    slot.mutex.assert_held();
    Checked checked = slot.checked(slot.verifier->check(token, now, {}, wanted));
    if (checked.decision.reason() == Reason::kUnknownKey) {
      checked.issuer_of_unknown_key = slot.verifier->issuer_of_unknown_key();
      checked.behind = true;
    }
    return checked;
  });
}

VerifierPool::Checked VerifierPool::check_claims(std::string_view payload,
                                                 std::optional<std::string_view> key_id, Now now) {
  return with_slot([&](Slot& slot) {
    slot.mutex.assert_held();
    return slot.checked(slot.verifier->check_claims(payload, key_id, now));
  });
}

std::expected<verifier::Watched, Reason> VerifierPool::watch(
    std::string_view payload, std::optional<std::string_view> key_id) {
  return with_slot([&](Slot& slot) {
    slot.mutex.assert_held();
    return slot.verifier->watch(payload, key_id);
  });
}

VerifierPool::State VerifierPool::state(Now now) {
  State state = with_slot([&](Slot& slot) {
    slot.mutex.assert_held();
    State told{.feed = slot.verifier->stalest(now)->state(),
               .staleness = slot.verifier->staleness(now),
               .fresh = slot.verifier->fresh(now)};
    for (const Knowledge::Known& known : slot.knowledge.indexes) {
      told.revocations += known.index->entries();
    }
    return told;
  });
  for (const auto& slot : slots_) {
    const MutexLock lock(slot->mutex);
    if (!slot->verifier) continue;
    state.checks += slot->verifier->counters().checks;
    state.signatures += slot->verifier->counters().signatures;
  }
  return state;
}

}  // namespace rescind::library
