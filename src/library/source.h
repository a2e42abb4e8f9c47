#pragma once
// Where a Verifier's knowledge comes from: the region of the host's agent, or a follower of its
// own. Thread-safe.

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "library/verifier_pool.h"

namespace rescind::library {

class Source {
 public:
  using Tell = std::function<void(const Knowledge&)>;

  virtual ~Source() = default;
  // What is known at the start, perhaps nothing at all: then it is stale.
  virtual Knowledge first() const = 0;
  // Once. `tell` is called with all that comes later, on any thread, until the end of this.
  virtual void start(Tell tell) = 0;
  // A check found its knowledge behind. Never waits; true where `tell` has been called.
  virtual bool look(Now now, std::string_view issuer_of_unknown_key) = 0;
  virtual bool shared() const = 0;
  // Why nothing can be had, for a person; the last such thing, empty where there was none.
  virtual std::string error() const = 0;
};

}  // namespace rescind::library
