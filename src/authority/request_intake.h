#pragma once
// Takes signed requests that came by a broker (signed_request.h): only what a known client has
// signed with its registered key, for this authority, now, once, and may ask for. Everything else
// changes nothing and is counted. One thread, the loop's.

#include <functional>
#include <string>

#include "authority/clients.h"
#include "authority/core.h"
#include "authority/revoker.h"

namespace rescind::authority {

enum class RequestOutcome : std::uint8_t {
  kCommitted,
  kReplayed,  // it was committed before
  kRefused,   // forged, foreign, expired, not allowed, not understood
  kTryAgain,  // the store cannot be written now
};

class RequestIntake {
 public:
  using Done = std::move_only_function<void(RequestOutcome)>;

  // All outlive this.
  RequestIntake(Core& core, const Clients& clients, Revoker& revoker)
      : core_(core), clients_(clients), revoker_(revoker) {}

  // `done` is called at once, or on the writer's thread after the commit.
  void take(std::string_view jws, WallTime now, Done done);

 private:
  RequestOutcome refuse(const Error& why);

  Core& core_;
  const Clients& clients_;
  Revoker& revoker_;
};

}  // namespace rescind::authority
