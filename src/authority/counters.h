#pragma once
// What the authority counts, for metrics. Relaxed atomics: each stands alone, no order among them
// is promised. Any thread.

#include <atomic>
#include <cstdint>

namespace rescind::authority {

class Count {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Counters {
  Count logins_accepted, logins_refused, logins_limited;
  Count sessions_opened;  // by trusted clients
  Count refreshes_rotated;
  Count refreshes_repeated;  // the same successor again, within the grace
  Count refreshes_reused;    // a family ended as compromised
  Count refreshes_refused;   // unknown, ended, expired, cut
  Count tokens_issued;
  Count sign_outs;
  Count password_changes;
  Count revocations;
  Count introspections_active, introspections_inactive;
  Count receipts, receipts_refused, histories_lost;
  Count requests_committed, requests_replayed, requests_refused;  // signed ones
};

}  // namespace rescind::authority
