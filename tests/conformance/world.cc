#include "world.h"

#include <algorithm>

#include "base/check.h"

namespace rescind::conformance {

World::World(const verifier::Options& options)
    : index_(*revocation::Index::create(random_, {})),
      verifier_(std::make_unique<verifier::Verifier>(
          options, index_->view(), std::make_shared<const verifier::TrustedIssuers>(), random_)) {
  hear();
}

void World::trust(const std::string& issuer, const jwt::SigningKey& key,
                  const std::vector<std::string>& types) {
  const std::string jwks = "{\"keys\":[" + std::string(key.public_key().public_jwk()) + "]}";
  trust({.issuer = issuer,
         .algorithms = {key.algorithm()},
         .audiences = {kAudience},
         .types = types,
         .keys = std::make_shared<jwt::KeySet>(std::move(jwt::KeySet::parse(jwks)->keys))});
}

void World::trust(const std::string& issuer, const std::string& jwks,
                  std::vector<jwt::Algorithm> algorithms) {
  trust({.issuer = issuer,
         .algorithms = std::move(algorithms),
         .audiences = {kAudience},
         .keys = std::make_shared<jwt::KeySet>(std::move(jwt::KeySet::parse(jwks)->keys))});
}

void World::trust(verifier::TrustedIssuer issuer) {
  std::erase_if(issuers_, [&](const auto& one) { return one.issuer == issuer.issuer; });
  issuers_.push_back(std::move(issuer));
  verifier_->set_issuers(std::make_shared<const verifier::TrustedIssuers>(issuers_));
}

void World::declare(std::vector<revocation::IssuerRules> rules) {
  const auto set =
      index_->set_rules(std::make_shared<revocation::Rules>(revocation::Rules{std::move(rules)}));
  ASSERT_TRUE(set.has_value()) << set.error().message;
}

void World::hear() {
  state_.ready = true;
  state_.freshness.refresh(1, now.wall, now.boot);
  index_->set_state(state_);
}

void World::revoke(const revocation::Target& target, revocation::Reason reason) {
  revocation::Entry entry{.key = revocation::key_of(target),
                          .cut = std::nullopt,
                          .until = kNowSeconds + 10'000,
                          .reason = reason};
  if (revocation::has_cut(target.claim)) {
    entry.cut = revocation::stamp_of_ms(static_cast<std::uint64_t>(to_ms(now.wall)));
  }
  ASSERT_TRUE(index_->apply(entry).has_value());
}

void World::revoke(const revocation::Key& key, bool has_cut) {
  revocation::Entry entry{.key = key,
                          .cut = std::nullopt,
                          .until = kNowSeconds + 10'000,
                          .reason = revocation::Reason::kRevoked};
  if (has_cut) entry.cut = revocation::stamp_of_ms(static_cast<std::uint64_t>(to_ms(now.wall)));
  ASSERT_TRUE(index_->apply(entry).has_value());
}

Decision World::check(std::string_view token) {
  const verifier::Outcome outcome = verifier_->check(token, now);
  CHECK(std::holds_alternative<Decision>(outcome));
  return std::get<Decision>(outcome);
}

std::string complete_payload(std::string claims) {
  json::Reader reader;
  const auto root = reader.parse(claims, {.bytes = 1U << 16U, .depth = 8, .members = 256});
  CHECK(root.has_value() && claims.ends_with('}'));
  const std::int64_t now = World::kNowSeconds;
  const std::vector<std::pair<std::string_view, std::string>> needed = {
      {"sub", "\"u-1\""},
      {"aud", "\"" + std::string(World::kAudience) + "\""},
      {"iat", std::to_string(now - 10)},
      {"exp", std::to_string(now + 300)},
      {"jti", "\"j-1\""}};
  for (const auto& [name, value] : needed) {
    if (root->find(name)) continue;
    claims.pop_back();
    claims += (claims.ends_with('{') ? "\"" : ",\"") + std::string(name) + "\":" + value + "}";
  }
  return claims;
}

revocation::IssuerRules rules_of(const std::string& issuer, std::vector<std::string> session_claims,
                                 std::vector<std::string> revocable_claims) {
  revocation::IssuerRules rules;
  rules.issuer = issuer;
  rules.stamps = revocation::StampKind::kTime;
  rules.session_claims = std::move(session_claims);
  rules.revocable_claims = std::move(revocable_claims);
  rules.longest_lifetime = std::chrono::hours(1);
  rules.longest_session = std::chrono::hours(24);
  return rules;
}

}  // namespace rescind::conformance
