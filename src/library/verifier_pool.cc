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

// A line of its own, so that threads do not slow each other.
struct alignas(64) VerifierPool::Slot {
  Mutex mutex;
  Knowledge knowledge GUARDED_BY(mutex);
  std::unique_ptr<revocation::Index::Reader> index GUARDED_BY(mutex);
  std::unique_ptr<verifier::Verifier> verifier GUARDED_BY(mutex);

  void adopt(const Knowledge& later) REQUIRES(mutex) {
    if (index && later.number <= knowledge.number) return;
    const bool other_index = !index || knowledge.index != later.index;
    const bool other_issuers = knowledge.issuers != later.issuers;
    knowledge = later;
    if (other_index) index = std::make_unique<revocation::Index::Reader>(knowledge.index);
    if (!verifier) return;
    if (other_index) verifier->set_index(knowledge.index);
    // Makes all signatures be checked again.
    if (other_issuers) verifier->set_issuers(knowledge.issuers);
  }
  // Never Pending: the policy is not to ask.
  Checked checked(verifier::Outcome outcome) const REQUIRES(mutex) {
    auto& decision = std::get<Decision>(outcome);
    const bool unvouched = decision.reason() == Reason::kStale || decision.stale();
    return {.decision = std::move(decision),
            .behind = unvouched || knowledge.index->superseded() ||
                      index->keys_generation() != knowledge.keys_generation,
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
  }
  adopt(knowledge);
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
      slot.verifier = std::make_unique<verifier::Verifier>(options_, slot.knowledge.index,
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

VerifierPool::Checked VerifierPool::check(std::string_view token, Now now) {
  return with_slot([&](Slot& slot) {
    slot.mutex.assert_held();
    Checked checked = slot.checked(slot.verifier->check(token, now));
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
    return State{.feed = slot.index->state(),
                 .staleness = slot.verifier->staleness(now),
                 .fresh = slot.verifier->fresh(now),
                 .revocations = slot.knowledge.index->entries()};
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
