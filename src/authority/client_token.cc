#include "authority/client_token.h"

#include <algorithm>

#include "authority/cuts.h"
#include "authority/refresh_secret.h"
#include "authority/scope.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {

void ClientToken::issue(std::string client_id, std::string scope, Done<Pair> done) {
  const bool offered = std::ranges::all_of(words_of(scope), [&](std::string_view word) {
    return std::ranges::find(options_.scopes, word) != options_.scopes.end();
  });
  if (!offered) return done(fail(ErrorCode::kInvalid, "a scope that is not offered"));
  const auto stamp = reads_.stamp();
  if (!stamp) return done(std::unexpected(stamp.error()));
  Grant grant;
  grant.token_id = random_id("", core_.random);
  grant.subject = client_id;
  grant.client_id = std::move(client_id);
  grant.scope = std::move(scope);
  grant.audience = {options_.audiences.empty() ? options_.issuer : options_.audiences.front()};
  grant.stamp = *stamp;
  commit<Minting>(
      core_.committer,
      [this, grant = std::move(grant)](store::Transaction& transaction) {
        return prepare(transaction, grant);
      },
      [this, done = std::move(done)](Result<Stored<Minting>> minting) mutable {
        if (!minting) return done(std::unexpected(std::move(minting).error()));
        core_.minter.mint(std::move(minting->value), std::move(done));
      });
}

Result<Minting> ClientToken::prepare(store::Transaction& transaction, Grant grant) const {
  TRY_ASSIGN(const bool enabled, clients_.is_enabled(transaction, grant.client_id));
  if (!enabled) return fail(ErrorCode::kUnauthorized, "unknown client");
  TRY_ASSIGN(const auto hit, cut_that_hits(transaction.revocations(), grant, core_.policy.rules));
  if (hit) return fail(ErrorCode::kConflict, "overtaken by a revocation; ask again");
  grant.issued_at = to_seconds(transaction.at());
  grant.expires_at = grant.issued_at + core_.policy.access_ttl.count();
  TRY(raise_bounds(transaction, grant.issued_at, core_.policy.access_ttl));
  return Minting{.grant = std::move(grant), .refresh_token = {}, .session_expires_at = 0};
}

}  // namespace rescind::authority
