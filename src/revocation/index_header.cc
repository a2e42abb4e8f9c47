#include "revocation/index_header.h"

#include <cstring>

#include "base/bytes.h"

namespace rescind::revocation {
namespace {

std::uint64_t checksum_of(const RegionIdentity& identity) {
  const ByteView bytes(reinterpret_cast<const std::uint8_t*>(&identity),
                       offsetof(RegionIdentity, checksum));
  const Digest digest = sha256(bytes);
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, digest.data(), sizeof checksum);
  return checksum;
}

}  // namespace

RegionIdentity RegionIdentity::make(Random& random, std::size_t region_bytes) {
  RegionIdentity identity;
  identity.header_bytes = sizeof(IndexHeader);
  identity.region_bytes = region_bytes;
  identity.secret = {.high = random.next_u64(), .low = random.next_u64()};
  // As little like another's as the secret is.
  const ByteView secret(reinterpret_cast<const std::uint8_t*>(&identity.secret),
                        sizeof identity.secret);
  const Digest digest = sha256({bytes_of("region"), secret});
  std::memcpy(identity.name.data(), digest.data(), sizeof identity.name);
  identity.checksum = checksum_of(identity);
  return identity;
}

const char* RegionIdentity::wrong(std::size_t bytes) const {
  if (magic != kMagic) return "it is no index (or one of a machine with another byte order)";
  if (layout != kLayout) return "it has another layout; agent and library are to be of one version";
  if (header_bytes != sizeof(IndexHeader) || region_bytes != bytes ||
      checksum != checksum_of(*this)) {
    return "its header is damaged";
  }
  return nullptr;
}

}  // namespace rescind::revocation
