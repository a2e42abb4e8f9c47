#pragma once
// The metrics of every process that follows a feed: its index, its follower, its issuers' keys.

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

}  // namespace rescind::cli
