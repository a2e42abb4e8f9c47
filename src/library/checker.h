#pragma once
// What stands behind rescind::Verifier and the C ABI: where knowledge comes from (Source), who
// decides by it (VerifierPool), and who tells of a revocation (Watches). Thread-safe.

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

  Decision verify(std::string_view token);
  Decision is_revoked(std::string_view payload, std::optional<std::string_view> key_id);
  std::unique_ptr<Verifier::Watch> on_revoked(std::string_view payload,
                                              std::optional<std::string_view> key_id,
                                              std::function<void(Reason)> then);
  Verifier::State state();

 private:
  Checker(const verifier::Options& options, std::unique_ptr<Source> source, const Clock& clock,
          Random& random);

  const verifier::Options options_;
  const Clock& clock_;
  std::unique_ptr<Source> source_;
  VerifierPool pool_;
  Watches watches_;
};

}  // namespace rescind::library
