#pragma once
// Requests of callers who know of a revocation that is not here yet (`Revocation-Position`): they
// wait for it, a little. The position comes from the caller, so the wait is short, only a token
// that would be accepted is worth it, and few may wait at once, of one token fewer still.
//
// Steppable; one thread.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"
#include "revocation/position.h"

namespace rescind::gateway {

using revocation::Position;

// The greatest of the request's `Revocation-Position` headers; what is none is ignored.
std::optional<Position> wanted_position(const net::Request& request);

class Behind {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;
  static constexpr std::size_t kMaxOfOne = 16;  // requests with the same token

  // Called once: the position has been reached, or the time is over.
  using Then = std::function<void(Now now)>;

  explicit Behind(Milliseconds wait) : wait_(wait) {}

  // False: no more may wait, and `then` is not called.
  bool wait(std::string_view token, Position wanted, BootTime now, Then then);
  // `reached`: where the index is.
  BootTime step(Now now, Position reached);
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter {
    std::string token;
    Position wanted;
    BootTime deadline{};
    Then then;
  };

  const Milliseconds wait_;
  std::deque<Waiter> waiting_;
};

}  // namespace rescind::gateway
