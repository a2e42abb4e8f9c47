#include "jwt/algorithm.h"

#include <array>

namespace rescind::jwt {
namespace {

struct Named {
  std::string_view name;
  Algorithm algorithm;
};

// "Ed25519" (RFC 9864) stands behind "EdDSA": the first name of an algorithm is the one we write.
constexpr std::array kNames = {
    Named{"RS256", Algorithm::kRs256}, Named{"RS384", Algorithm::kRs384},
    Named{"RS512", Algorithm::kRs512}, Named{"PS256", Algorithm::kPs256},
    Named{"PS384", Algorithm::kPs384}, Named{"PS512", Algorithm::kPs512},
    Named{"ES256", Algorithm::kEs256}, Named{"ES384", Algorithm::kEs384},
    Named{"ES512", Algorithm::kEs512}, Named{"EdDSA", Algorithm::kEdDsa},
    Named{"HS256", Algorithm::kHs256}, Named{"HS384", Algorithm::kHs384},
    Named{"HS512", Algorithm::kHs512}, Named{"Ed25519", Algorithm::kEdDsa},
};

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)].name;
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const Named& named : kNames) {
    if (named.name == name) return named.algorithm;
  }
  return std::nullopt;
}

Family family(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
    case Algorithm::kRs384:
    case Algorithm::kRs512:
      return Family::kRsaPkcs1;
    case Algorithm::kPs256:
    case Algorithm::kPs384:
    case Algorithm::kPs512:
      return Family::kRsaPss;
    case Algorithm::kEs256:
    case Algorithm::kEs384:
    case Algorithm::kEs512:
      return Family::kEcdsa;
    case Algorithm::kEdDsa:
      return Family::kEd25519;
    case Algorithm::kHs256:
    case Algorithm::kHs384:
    case Algorithm::kHs512:
      return Family::kHmac;
  }
  return Family::kHmac;
}

std::size_t hash_size(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
    case Algorithm::kPs256:
    case Algorithm::kEs256:
    case Algorithm::kHs256:
      return 32;
    case Algorithm::kRs384:
    case Algorithm::kPs384:
    case Algorithm::kEs384:
    case Algorithm::kHs384:
      return 48;
    case Algorithm::kRs512:
    case Algorithm::kPs512:
    case Algorithm::kEs512:
    case Algorithm::kHs512:
    case Algorithm::kEdDsa:
      return 64;
  }
  return 0;
}

bool is_symmetric(Algorithm algorithm) { return family(algorithm) == Family::kHmac; }

}  // namespace rescind::jwt
