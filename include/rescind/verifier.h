#pragma once
// The C++ API of Rescind: is this token good, and has it been revoked? C++20; link with librescind
// (CMake: find_package(rescind), target rescind::rescind; pkg-config: rescind). rescind.h is the
// same for C, and says more of each function.
//
// A Verifier is opened once for the process and shared by all of its threads; every function may be
// called from any thread. A check asks nobody: it reads the index that the host's agent keeps in
// shared memory or, where there is none, the one that the Verifier keeps by following the feed
// itself. A token that was seen before costs some hundred nanoseconds, a new one its signature.
//
//   auto opened = rescind::Verifier::open(config);
//   if (!opened.verifier) die(opened.error);
//   const rescind::Decision decision = opened.verifier->verify(token);
//   if (decision.accepted()) serve(decision.claims()->subject);

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rescind/decision.h"

namespace rescind {

class Verifier {
 public:
  struct Opened;
  // `config` is the JSON of docs/library.md. Null and what is wrong where it is; where the index or
  // the feed is only not there yet there is a Verifier, which says "stale" until it comes.
  static Opened open(std::string_view config);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  // Never fails: every input has a decision.
  Decision verify(std::string_view token) const;
  // The same for a caller who knows of a revocation: `position` is the "term.number" of its header
  // Revocation-Position, of the feed of the token's issuer; what is none is ignored. A token that
  // would be accepted waits, this thread with it, until the index has reached it, for `wait` and a
  // second at most, 64 threads at once; else the policy for what is stale decides.
  Decision verify_at(std::string_view token, std::string_view position,
                     std::chrono::milliseconds wait) const;

  // For who has verified the token already. `payload` is its payload as JSON, `key_id` the `kid` of
  // its header. An accepting decision carries no claims.
  Decision is_revoked(std::string_view payload,
                      std::optional<std::string_view> key_id = std::nullopt) const;

  // Ends the watch when it is destroyed, not within its own callback: no call comes after.
  class Watch;
  // Calls `then` once, on a thread of the library's, as soon as a token with this payload is
  // revoked; it is not to throw. Null where the payload is refused as by is_revoked().
  std::unique_ptr<Watch> on_revoked(std::string_view payload,
                                    std::optional<std::string_view> key_id,
                                    std::function<void(Reason)> then) const;

  struct State {
    // Of several indexes that which is least up to date:
    std::uint64_t term = 0;  // the position that it has reached
    std::uint64_t number = 0;
    std::chrono::milliseconds staleness{0};  // max(): it cannot be said
    std::chrono::milliseconds max_staleness{0};
    bool fresh = false;
    bool shared = false;            // the index of an agent
    std::string_view on_stale;      // "refuse", "accept"
    std::uint64_t revocations = 0;  // live ones, of all indexes
    std::uint64_t checks = 0;       // since open, of all threads
    std::uint64_t signatures = 0;   // of these, signature checks done
    std::string error;              // why it is not fresh, as far as that is known
  };
  State state() const;

 private:
  struct Body;
  explicit Verifier(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

struct Verifier::Opened {
  std::unique_ptr<Verifier> verifier;
  std::string error;  // what, why, and what to do
};

class Verifier::Watch {
 public:
  virtual ~Watch() = default;
};

}  // namespace rescind
