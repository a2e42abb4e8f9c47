#pragma once
// What stands behind rescind::Verifier and the C ABI: where knowledge comes from (Source), who
// decides by it (VerifierPool), and who tells of a revocation (Watches). Thread-safe.

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "library/source.h"
#include "library/verifier_pool.h"
#include "library/watches.h"
#include "rescind/verifier.h"

namespace rescind::library {

class Checker {
 public:
  // kInvalid, or what else SharedSource::open and FeedSource::open say. `clock` and `random` are
  // thread-safe and outlive this.
  static Result<std::unique_ptr<Checker>> open(std::string_view config, const Clock& clock,
                                               Random& random);
  ~Checker();

  // What is found while all wait that may: as if nothing could be waited for.
  static constexpr std::size_t kMaxWaiting = 64;
  static constexpr Milliseconds kMaxWait{1'000};

  Decision verify(std::string_view token);
  // Waits for the position, as it stands in Revocation-Position, for `wait` and kMaxWait at most.
  Decision verify_at(std::string_view token, std::string_view position, Milliseconds wait);
  Decision is_revoked(std::string_view payload, std::optional<std::string_view> key_id);
  std::unique_ptr<Verifier::Watch> on_revoked(std::string_view payload,
                                              std::optional<std::string_view> key_id,
                                              std::function<void(Reason)> then);
  Verifier::State state();

 private:
  Checker(const verifier::Options& options, std::unique_ptr<Source> source, const Clock& clock,
          Random& random);

  VerifierPool::Checked check(std::string_view token, Now now,
                              std::optional<revocation::Position> wanted);
  VerifierPool::Checked wait_for(std::string_view token, revocation::Position wanted,
                                 BootTime deadline);

  const verifier::Options options_;
  const Clock& clock_;
  std::atomic<std::size_t> waiting_ = 0;
  std::unique_ptr<Source> source_;
  VerifierPool pool_;
  Watches watches_;
};

}  // namespace rescind::library
