#pragma once
// Somebody who hears all and may say anything, but has no key of the feed.

#include <string>
#include <vector>

#include "simulation/authority.h"
#include "simulation/world.h"

namespace rescind::simulation {

// Words that fit the chain as it stands: a heartbeat of the head in a moment to come, a link that
// revokes everybody, a link that announces the forger's own key and one signed with it. None while
// the authority is down.
std::vector<std::string> forged(Authority& authority, Dice& dice);

}  // namespace rescind::simulation
