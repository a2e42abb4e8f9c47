#pragma once
// verifier::Verifier is one thread's; this is a few of them for all threads of a process. A thread
// takes the one that it took last, so its tokens are remembered there, or any other that is free;
// it waits only where there are more threads at work than the machine has. A verifier that nobody
// has needed yet does not exist. Thread-safe.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "rescind/decision.h"
#include "revocation/index.h"
#include "verifier/verifier.h"

namespace rescind::library {

// What decisions rest on; immutable but for the index, which its writer writes on.
struct Knowledge {
  struct Known {
    std::shared_ptr<const revocation::IndexView> index;
    std::uint64_t keys_generation = 0;  // of its keys that `issuers` have
  };
  std::vector<Known> indexes;  // one a feed, at least one, always as many
  std::shared_ptr<const verifier::TrustedIssuers> issuers;
  std::uint64_t number = 0;  // later knowledge has a greater one

  std::vector<verifier::Verifier::View> views() const;
};
// A verifier takes over what is not as in `before`.
void adopt(const Knowledge& later, const Knowledge& before, verifier::Verifier& verifier);
// Whether there may be more to know: another region has taken the place of one of these, or its
// keys have changed.
bool outdated(const Knowledge& knowledge, const verifier::Verifier& verifier);

class VerifierPool {
 public:
  // `random` is thread-safe and outlives this.
  VerifierPool(const verifier::Options& options, const Knowledge& knowledge, Random& random);
  ~VerifierPool();

  // For checks that begin from now on. Nothing where later knowledge is there already.
  void adopt(const Knowledge& knowledge);

  struct Checked {
    Decision decision;
    // There may be newer knowledge: another index has taken the place of this one, its keys have
    // changed, nobody vouches for it, or a key is unknown.
    bool behind;
    std::string issuer_of_unknown_key;  // empty: none
    bool short_of_wanted = false;  // decided by the policy, since the position is not reached yet
  };
  // `wanted`: a position of the feed of the token's issuer.
  Checked check(std::string_view token, Now now,
                std::optional<revocation::Position> wanted = std::nullopt);
  Checked check_claims(std::string_view payload, std::optional<std::string_view> key_id, Now now);
  std::expected<verifier::Watched, Reason> watch(std::string_view payload,
                                                 std::optional<std::string_view> key_id);

  struct State {
    revocation::FeedState feed;  // of the index whose knowledge is oldest
    Milliseconds staleness{0};
    bool fresh = false;
    std::size_t revocations = 0;  // of all indexes
    std::uint64_t checks = 0;
    std::uint64_t signatures = 0;
  };
  State state(Now now);

 private:
  struct Slot;
  template <typename Use>
  auto with_slot(Use use);

  const verifier::Options options_;
  Random& random_;
  std::vector<std::unique_ptr<Slot>> slots_;  // a power of two
};

}  // namespace rescind::library
