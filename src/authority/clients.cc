#include "authority/clients.h"

#include <algorithm>
#include <array>
#include <utility>

#include "authority/scope.h"
#include "feed/keys.h"

namespace rescind::authority {
namespace {

constexpr std::array<std::pair<std::string_view, Role>, 6> kRoles{{
    {"login", Role::kLogin},
    {"sessions", Role::kSessions},
    {"introspect", Role::kIntrospect},
    {"revoke", Role::kRevoke},
    {"follow", Role::kFollow},
    {"admin", Role::kAdmin},
}};

std::unexpected<Error> unknown_client() {
  return fail(ErrorCode::kUnauthorized, "unknown client, or wrong secret");
}

}  // namespace

Result<Roles> Roles::parse(std::string_view words) {
  Roles roles;
  for (const std::string_view word : words_of(words)) {
    const auto found = std::ranges::find(kRoles, word, &std::pair<std::string_view, Role>::first);
    if (found == kRoles.end()) {
      return fail(ErrorCode::kInvalid,
                  "a role is one of login, sessions, introspect, revoke, follow, admin");
    }
    roles.add(found->second);
  }
  return roles;
}

std::string Roles::to_string() const {
  std::string words;
  for (const auto& [word, role] : kRoles) {
    if (!has(role)) continue;
    if (!words.empty()) words += ' ';
    words += word;
  }
  return words;
}

Result<Clients> Clients::make(const Options& options) {
  Clients clients;
  clients.public_client_ = options.public_client;
  KnownClient first_party{
      .id = options.public_client, .roles = {}, .secret_hash = {}, .configured = true};
  first_party.roles.add(Role::kLogin);
  if (!options.public_client.empty()) clients.configured_.emplace(first_party.id, first_party);
  for (const ConfiguredClient& given : options.clients) {
    KnownClient client{.id = given.id, .roles = {}, .secret_hash = {}, .configured = true};
    TRY_ASSIGN(client.roles, Roles::parse(given.roles));
    if (!given.secret.empty()) client.secret_hash = sha256(given.secret.expose());
    if (!given.request_key.empty()) {
      auto keys = feed::key_set_of(std::vector{given.request_key});
      if (!keys) {
        return fail(ErrorCode::kInvalid,
                    "client " + given.id + ": request_key is no Ed25519 key as a JWK with a kid");
      }
      client.request_keys = *std::move(keys);
    }
    if (given.id.empty()) return fail(ErrorCode::kInvalid, "a client has an id");
    if (!client.secret_hash && client.roles.to_string() != "login") {
      return fail(ErrorCode::kInvalid,
                  "client " + given.id + " has no secret, so its only role can be login");
    }
    if (!clients.configured_.emplace(given.id, client).second) {
      return fail(ErrorCode::kInvalid, "client " + given.id + " is configured twice");
    }
  }
  return clients;
}

Result<std::optional<KnownClient>> Clients::find(std::string_view id, Reads& reads) const {
  const auto configured = configured_.find(id);
  if (configured != configured_.end()) return configured->second;
  TRY_ASSIGN(const auto row, reads.clients().by_id(id));
  if (!row || row->disabled) return std::optional<KnownClient>();
  TRY_ASSIGN(const Roles roles, Roles::parse(row->roles));
  return KnownClient{.id = row->id, .roles = roles, .secret_hash = row->secret_hash};
}

Result<KnownClient> Clients::authenticate(std::string_view id, std::string_view secret,
                                          Reads& reads) const {
  TRY_ASSIGN(auto client, find(id, reads));
  // An unknown client is compared too, with a digest that nothing hashes to.
  constexpr Digest kNobodys{};
  const bool known = client.has_value() && client->secret_hash.has_value();
  const Digest& expected = known ? *client->secret_hash : kNobodys;
  const bool matches = constant_time_equal(sha256(secret), expected);
  if (!matches || !known) return unknown_client();
  return *std::move(client);
}

Result<bool> Clients::is_enabled(store::Transaction& transaction, std::string_view id) const {
  if (is_configured(id)) return true;
  TRY_ASSIGN(const auto row, transaction.clients().by_id(id));
  return row.has_value() && !row->disabled;
}

}  // namespace rescind::authority
