#pragma once
// Revokes a token that nobody has, again and again, and asks for receipts: so that how long news
// take to each follower is known while nobody revokes, and an alarm on it means something. It
// stands in no record and counts as no act of revoking. Of several nodes one does it, by a lease in
// the store. Costs a commit each time; the entry is forgotten a minute later.
//
// Steppable; one thread, the loop's.

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "store/committer.h"

namespace rescind::authority {

class Canary {
 public:
  // The `jti` that it revokes begins so.
  static constexpr std::string_view kPrefix = "canary:";

  struct Options {
    std::string issuer;
    Milliseconds every{0};  // 0: never
  };
  // `committer` and `random` outlive it.
  Canary(Options options, store::Committer& committer, Random& random)
      : options_(std::move(options)),
        committer_(committer),
        random_(random),
        node_(random.hex(8)) {}

  BootTime step(Now now);

 private:
  void revoke();

  const Options options_;
  store::Committer& committer_;
  Random& random_;
  const std::string node_;
  BootTime due_ = BootTime::min();
  // Shared with what the writer still has to do.
  std::shared_ptr<std::atomic<bool>> under_way_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace rescind::authority
