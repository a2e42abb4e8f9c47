#include "revocation/revocation.h"

#include <array>

namespace rescind::revocation {
namespace {

constexpr std::array<std::string_view, 3> kReasonNames{"signed_out", "revoked", "compromised"};

}  // namespace

std::string_view to_string(Reason reason) {
  return kReasonNames.at(static_cast<std::size_t>(reason));
}

std::optional<Reason> reason_named(std::string_view name) {
  for (std::size_t i = 0; i < kReasonNames.size(); ++i) {
    if (kReasonNames.at(i) == name) return static_cast<Reason>(i);
  }
  return std::nullopt;
}

Entry entry_of(const Revocation& revocation) {
  return Entry{.key = key_of(revocation.target),
               .cut = revocation.cut,
               .until = revocation.until,
               .reason = revocation.reason};
}

}  // namespace rescind::revocation
