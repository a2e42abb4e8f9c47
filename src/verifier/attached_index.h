#pragma once
// An index as one verifier reads it, with the count of how often what it says of tokens may have
// changed other than by entries: other rules, or another region in its place. One thread.

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "revocation/index.h"

namespace rescind::verifier {

class AttachedIndex {
 public:
  // `max_clock_skew` as Freshness::staleness has it.
  AttachedIndex(std::shared_ptr<const revocation::IndexView> view, Milliseconds max_clock_skew)
      : reader_(std::move(view)), max_clock_skew_(max_clock_skew) {}

  const revocation::Index::Reader& reader() const { return reader_; }
  const revocation::Index::Reader* operator->() const { return &reader_; }

  // Another region is in its place from now on.
  void replace(std::shared_ptr<const revocation::IndexView> view);

  // Never 0. Read it before the rules: if they change meanwhile, it has another value afterwards.
  std::uint32_t rules_epoch();
  // Null where there are none of this issuer, or the region is damaged. Good until the next call.
  const revocation::IssuerRules* rules_of(std::string_view issuer) const;

  // How old its knowledge is; Milliseconds::max() while that cannot be said.
  Milliseconds staleness(Now now) const;

 private:
  revocation::Index::Reader reader_;
  Milliseconds max_clock_skew_;
  std::uint32_t rules_epoch_ = 1;
  std::uint64_t rules_generation_ = 0;  // of the region, as of rules_epoch_
};

}  // namespace rescind::verifier
