#include "authority/client_admin.h"

#include <array>

#include "authority/until.h"
#include "jwt/base64url.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

Secret new_secret(Random& random) {
  std::array<std::uint8_t, 32> bytes{};
  random.fill(bytes);
  return Secret("rcs_" + jwt::base64url_encode(bytes));
}

template <typename T>
auto unwrapped(Done<T> done) {
  return [done = std::move(done)](Result<Stored<T>> stored) mutable {
    if (!stored) return done(std::unexpected(std::move(stored).error()));
    done(std::move(stored->value));
  };
}

}  // namespace

void ClientAdmin::add(NewClient client, Done<Made> done) {
  const auto roles = Roles::parse(client.roles);
  if (!roles) return done(std::unexpected(roles.error()));
  if (clients_.is_configured(client.id)) {
    return done(fail(ErrorCode::kConflict, "this client is in the configuration"));
  }
  Made made{.client = {}, .secret = new_secret(core_.random)};
  made.client.id = client.id.empty() ? core_.random.hex(8) : std::move(client.id);
  made.client.roles = roles->to_string();
  made.client.secret_hash = sha256(made.secret.expose());
  commit<Made>(
      core_.committer,
      [made = std::move(made)](store::Transaction& transaction) mutable -> Result<Made> {
        // An id is never given out twice: tokens in its name may be alive.
        TRY_ASSIGN(const auto row, transaction.clients().by_id(made.client.id));
        if (row) return fail(ErrorCode::kConflict, "this client id is taken");
        made.client.created = transaction.at();
        TRY(transaction.clients().put(made.client));
        return made;
      },
      unwrapped(std::move(done)));
}

Result<store::Client> ClientAdmin::enabled(store::Transaction& transaction,
                                           const std::string& id) const {
  TRY_ASSIGN(const auto row, transaction.clients().by_id(id));
  if (!row || row->disabled) return fail(ErrorCode::kNotFound, "no such client in the store");
  return *row;
}

void ClientAdmin::rotate(std::string id, Done<Made> done) {
  commit<Made>(
      core_.committer,
      [this, id = std::move(id),
       secret = new_secret(core_.random)](store::Transaction& transaction) -> Result<Made> {
        TRY_ASSIGN(store::Client row, enabled(transaction, id));
        row.secret_hash = sha256(secret.expose());
        TRY(transaction.clients().put(row));
        return Made{.client = std::move(row), .secret = secret};
      },
      unwrapped(std::move(done)));
}

void ClientAdmin::disable(std::string id, std::string actor, Done<store::Client> done) {
  commit<store::Client>(
      core_.committer,
      [this, id = std::move(id),
       actor = std::move(actor)](store::Transaction& transaction) -> Result<store::Client> {
        TRY_ASSIGN(store::Client row, enabled(transaction, id));
        row.disabled = true;
        TRY(transaction.clients().put(row));
        revocation::Revocation revocation;
        revocation.target = {core_.policy.issuer, std::string(revocation::claim::kClient), id};
        revocation.until = until_of_ours(transaction);
        TRY(transaction.revoke(std::move(revocation), actor, "client disabled"));
        return row;
      },
      unwrapped(std::move(done)));
}

}  // namespace rescind::authority
