#pragma once
// The signature algorithms (RFC 7518 3.1, RFC 8037, RFC 9864). `none` is not among them. Names are
// compared byte for byte.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rescind::jwt {

enum class Algorithm : std::uint8_t {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // Ed25519 alone; named "EdDSA" in tokens of old, "Ed25519" by RFC 9864: both are read
  kHs256,
  kHs384,
  kHs512,
};

std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> algorithm_named(std::string_view name);
bool is_symmetric(Algorithm algorithm);

// What an algorithm is built of.
enum class Family : std::uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEd25519, kHmac };
Family family(Algorithm algorithm);
// Bytes of its SHA-2 digest: 32, 48 or 64.
std::size_t hash_size(Algorithm algorithm);

}  // namespace rescind::jwt
