#pragma once
// Ed25519 costs more than all the rest of a run. So most seeds sign with a stand-in: a keyed hash
// (BLAKE2b under the public key) in the place of the signature, which like it is another for any
// other byte and any other key, and which nobody in the world knows how to forge. One seed of a
// hundred does without.

namespace rescind::simulation {

enum class Signatures { kReal, kStandIn };
// For everything that is signed or checked in this process from here on.
void use(Signatures signatures);

}  // namespace rescind::simulation
