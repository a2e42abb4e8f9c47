#pragma once
// What every process that follows a feed shows of itself: index, follower, issuers' keys.

#include <string>

#include "base/clock.h"
#include "daemon/metrics.h"
#include "feed/follower.h"
#include "issuer/issuers.h"
#include "revocation/index.h"

namespace rescind::cli {

void expose_index(daemon::Samples& samples, const revocation::Index& index);
// Null, while the feed's keys are not there: nothing.
void expose_follower(daemon::Samples& samples, const feed::Follower* follower, Now now);
void expose_issuers(daemon::Samples& samples, const issuer::Issuers& issuers);

// Why it is not ready for want of keys, or nothing. Those of the authority, the first of them, have
// to be there. An identity provider beside it is waited for until it has answered or failed once:
// its absence makes its own tokens undecided, not everybody's.
std::string missing_keys(const issuer::Issuers& issuers);

}  // namespace rescind::cli
