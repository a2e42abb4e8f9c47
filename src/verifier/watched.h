#pragma once
// A token that somebody wants to know revoked for as long as it lives (a stream that it opened, a
// tunnel): what Verifier::watch makes and Verifier::revoked_now asks again and again. It keeps the
// payload, so that rules which come later find in it what they declare. A value; one thread at a
// time, with any Verifier.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "revocation/index_view.h"
#include "verifier/targets.h"

namespace rescind::verifier {

class Watched {
 public:
  // ms since 1970: after that nobody needs to know.
  jwt::NumericDate expires() const { return expires_; }

 private:
  friend class Verifier;

  std::string payload_;
  std::optional<std::string> key_id_;
  jwt::NumericDate expires_ = 0;
  Targets targets_;
  LastLook look_;
  // From whose rules the targets are, and whose versions look_ has.
  std::size_t index_ = 0;
  revocation::IndexView::Name region_{};
  std::uint64_t rules_generation_ = 0;
};

}  // namespace rescind::verifier
