#pragma once
// The authority as a verifier of its own tokens: bearer tokens of its endpoints, and introspection.
// The same verifier as everywhere, over an index that has just been brought up to the head. One
// thread, the loop's.

#include <memory>
#include <string_view>

#include "authority/counters.h"
#include "authority/key_ring.h"
#include "authority/own_index.h"
#include "base/random.h"
#include "verifier/verifier.h"

namespace rescind::authority {

class TokenReader {
 public:
  struct Options {
    std::string issuer;
    std::chrono::seconds access_ttl{0};
  };
  TokenReader(const Options& options, OwnIndex& index, const KeyRing& keys, Random& random);

  // kUnavailable: nobody can say now.
  Result<Decision> read(std::string_view token, Now now);

  // Identity providers whose tokens are introspected here too; with their keys as they are now.
  void set_foreign(std::vector<verifier::TrustedIssuer> issuers);

 private:
  void use_keys();

  Options options_;
  OwnIndex& index_;
  const KeyRing& keys_;
  std::vector<verifier::TrustedIssuer> foreign_;
  std::shared_ptr<const TokenKeys> used_;
  verifier::Verifier verifier_;
};

// The body of an answer to introspection (RFC 7662 2.2): of a refused token `{"active":false}` and
// nothing else, whatever the reason.
std::string introspection_of(const Decision& decision);

}  // namespace rescind::authority
