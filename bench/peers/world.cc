#include "peers/world.h"

#include <utility>

#include "arguments.h"
#include "peers/tokens.h"

namespace rescind::bench {

using namespace std::chrono_literals;

World::World(jwt::Algorithm algorithm, jwt::KeySet keys, std::size_t revoked) {
  auto index = revocation::Index::create(random_, {.initial_entries = revoked});
  if (!index) give_up("no index: " + index.error().message);
  index_ = *std::move(index);
  const revocation::IssuerRules rules{.issuer = kIssuer,
                                      .stamps = revocation::StampKind::kPosition,
                                      .session_claims = {"sid"},
                                      .revocable_claims = {"tenant"},
                                      .longest_lifetime = 24h,
                                      .longest_session = 24h};
  const auto set =
      index_->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{{rules}}));
  if (!set) give_up("no rules: " + set.error().message);
  while (others_ < revoked) revoke_another();
  revocation::FeedState state;
  state.ready = true;
  state.freshness.refresh(1, now().wall, now().boot);
  index_->set_state(state);
  issuers_ = std::make_shared<verifier::TrustedIssuers>(
      std::vector{verifier::TrustedIssuer{.issuer = kIssuer,
                                          .algorithms = {algorithm},
                                          .audiences = {kAudience},
                                          .types = {kType},
                                          .keys = std::make_shared<jwt::KeySet>(std::move(keys))}});
}

std::unique_ptr<verifier::Verifier> World::verifier(std::size_t cached_tokens) {
  verifier::Options options;
  options.cached_tokens = cached_tokens;
  options.max_staleness = 1h;  // the feed speaks once, and the comparison may take long
  return std::make_unique<verifier::Verifier>(options, index_->view(), issuers_, random_);
}

void World::revoke_another() {
  revoke(revocation::key_of(kIssuer, revocation::claim::kTokenId,
                            std::string_view("other-" + std::to_string(others_++))));
}

void World::revoke_token(std::string_view token_id) {
  revoke(revocation::key_of(kIssuer, revocation::claim::kTokenId, token_id));
}

void World::revoke(const revocation::Key& key) {
  const auto until = static_cast<revocation::UntilSeconds>(to_seconds(now().wall) + 10'000);
  const auto changed = index_->apply(
      {.key = key, .cut = {}, .until = until, .reason = revocation::Reason::kRevoked});
  if (!changed) give_up("the index is full");
}

}  // namespace rescind::bench
