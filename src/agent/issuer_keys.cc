#include "agent/issuer_keys.h"

#include <algorithm>
#include <utility>

namespace rescind::agent {
namespace {

constexpr Milliseconds kShareAgain{1'000};

}  // namespace

Result<std::unique_ptr<IssuerKeys>> IssuerKeys::open(
    const std::vector<issuer::IssuerOptions>& issuers, HostIndex& index,
    Surroundings surroundings) {
  std::unique_ptr<IssuerKeys> made(new IssuerKeys(index, surroundings.log));
  made->keep_earlier(issuers);
  TRY_ASSIGN(made->issuers_,
             issuer::Issuers::open(
                 issuers, surroundings.get_for,
                 {.on_change = [self = made.get()](const auto&) { self->shared_ = false; },
                  .wake = std::move(surroundings.wake)},
                 surroundings.random, surroundings.log));
  return made;
}

// Of issuers that are still configured only.
void IssuerKeys::keep_earlier(const std::vector<issuer::IssuerOptions>& issuers) {
  auto earlier = verifier::parse_shared_keys(index_.earlier_keys());
  if (!earlier) {
    return log_.warning("keys of the agent before are not taken over",
                        {{"why", earlier.error().message}});
  }
  for (verifier::SharedKeys& keys : *earlier) {
    const auto same = std::ranges::find(issuers, keys.issuer, &issuer::IssuerOptions::issuer);
    if (same == issuers.end() || keys.keys->keys().empty()) continue;
    kept_.push_back({.keys = std::move(keys), .at_most = same->max_key_age});
  }
}

bool IssuerKeys::was_fetched(std::string_view issuer) const {
  return std::ranges::any_of(issuers_->status(), [issuer](const issuer::Issuers::Status& one) {
    return one.issuer == issuer && one.counters.taken > 0;
  });
}

void IssuerKeys::let_go(Now now) {
  if (!started_) started_ = now.boot;
  const auto is_past = [&](const Kept& kept) {
    return was_fetched(kept.keys.issuer) || now.boot - *started_ > kept.at_most;
  };
  if (std::erase_if(kept_, is_past) > 0) shared_ = false;
}

verifier::TrustedIssuers IssuerKeys::all() const {
  std::vector<verifier::TrustedIssuer> all = issuers_->trusted()->all();
  for (verifier::TrustedIssuer& one : all) {
    const auto kept =
        std::ranges::find(kept_, one.issuer, [](const Kept& some) { return some.keys.issuer; });
    if (kept != kept_.end()) one.keys = kept->keys.keys;
  }
  return verifier::TrustedIssuers(std::move(all));
}

// Where there is no room for them, readers keep those of before, and it is tried again.
BootTime IssuerKeys::share(Now now) {
  if (shared_) return BootTime::max();
  const auto shared = index_.index().set_keys(verifier::shared_keys_of(all()));
  shared_ = shared.has_value();
  if (shared) return BootTime::max();
  log_.error("issuers' keys are not shared", {{"why", shared.error().message}});
  return now.boot + kShareAgain;
}

BootTime IssuerKeys::step(Now now) {
  const BootTime next = issuers_->step(now);
  let_go(now);
  const BootTime again = share(now);
  const BootTime look = kept_.empty() ? BootTime::max() : now.boot + kShareAgain;
  return std::min({next, again, look});
}

}  // namespace rescind::agent
