#pragma once
// Keeps one issuer's keys: fetches its key set at the start, from time to time, and when somebody
// meets a `kid` that is not in it, but then no sooner than a cool-down after the last time: whoever
// invents a `kid` per request causes no request here (security.md C2). What comes is taken whole or
// not at all; an error leaves the keys that there are, for as long as `max_age`.
//
// Steppable: owns no thread, reads no clock. Call step() when woken or at its deadline. One thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "jwt/key.h"

namespace rescind::issuer {

// Fetches a document: one request, no redirects, no more than kMaxDocumentBytes. The answer comes
// exactly once, later or at once, on the thread of the caller. See http_get.h.
using Get = std::function<void(const std::string& url, std::function<void(Result<std::string>)>)>;

class JwksFetcher {
 public:
  using Keys = std::shared_ptr<const jwt::KeySet>;
  struct Options {
    std::string issuer;
    std::string jwks_url;                    // empty: by discovery
    std::optional<jwt::Algorithm> fallback;  // for keys that name no algorithm
    Milliseconds refresh_every{600'000};
    Milliseconds cool_down{30'000};
    Milliseconds retry_after{1'000};  // the first error; doubled at each, up to cool_down
    Milliseconds max_age{86'400'000};
  };
  struct Counters {
    std::uint64_t fetches = 0;   // of key sets
    std::uint64_t taken = 0;     // of these, good ones
    std::uint64_t failures = 0;  // of key sets and of discovery
    std::uint64_t unknown_keys = 0;
  };

  // kInvalid for a URL that may not be fetched. `on_keys` is called from within step(), with a set
  // that differs from the last; an empty one when the keys are too old. `wake` is called when there
  // is something to do before the deadline that step() returned last.
  static Result<std::unique_ptr<JwksFetcher>> open(Options options, Get get,
                                                   std::function<void(Keys)> on_keys,
                                                   Random& random, Log& log,
                                                   std::function<void()> wake);
  ~JwksFetcher();

  BootTime step(Now now);
  // A token of this issuer names a key that is not in the set.
  void on_unknown_key();

  bool has_keys() const;
  const Counters& counters() const;

 private:
  struct Body;
  explicit JwksFetcher(std::shared_ptr<Body> body);
  std::shared_ptr<Body> body_;
};

}  // namespace rescind::issuer
