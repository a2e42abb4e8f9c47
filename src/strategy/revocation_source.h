#pragma once
// Where a verifier's question goes that it cannot answer from an index: one question, answered
// later. What is asked is chosen by configuration. One loop's thread.

#include <functional>
#include <string_view>

#include "verifier/verifier.h"

namespace rescind::strategy {

class RevocationSource {
 public:
  using Then = std::function<void(verifier::Answer)>;

  virtual ~RevocationSource() = default;
  // Of a good token and what the verifier made of it. `then` is called once, on the loop's thread,
  // later or at once; not after the end of this. Who cannot tell answers kUnavailable, never a yes.
  virtual void ask(std::string_view token, const verifier::Pending& pending, Then then) = 0;
  // Somebody waits for a later position than was seen: for what looks for it now and then only.
  virtual void look_again() {}
};

// Asks the second where the first cannot tell. Both outlive it, and what is under way.
class WithFallback final : public RevocationSource {
 public:
  WithFallback(RevocationSource& first, RevocationSource& second)
      : first_(first), second_(second) {}
  void ask(std::string_view token, const verifier::Pending& pending, Then then) override;

 private:
  RevocationSource& first_;
  RevocationSource& second_;
};

}  // namespace rescind::strategy
