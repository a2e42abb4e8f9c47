#include "feed/keys.h"

#include <algorithm>

#include "feed/batch.h"
#include "feed/fields.h"

namespace rescind::feed {
namespace {

constexpr json::Limits kJwkLimits{.bytes = 4096, .depth = 4, .members = 64};

Result<jwt::Key> read_key(json::Value jwk) {
  auto key = jwt::Key::from_jwk(jwk, jwt::Algorithm::kEdDsa);
  if (!key || key->algorithm() != jwt::Algorithm::kEdDsa || key->key_id().empty()) {
    return fail(ErrorCode::kCorrupt, "a feed's key is not an Ed25519 JWK with a kid");
  }
  return *std::move(key);
}

void add_absent(std::vector<std::string>& jwks, const std::vector<std::string>& more) {
  for (const auto& jwk : more) {
    if (std::ranges::find(jwks, jwk) == jwks.end()) jwks.push_back(jwk);
  }
}

}  // namespace

Result<std::vector<std::string>> read_jwks(json::Value object, std::string_view name) {
  TRY_ASSIGN(const json::Value list, read_array(object, name));
  if (list.size() == 0 || list.size() > kMaxFeedKeys) return wrong_member(name);
  std::vector<std::string> jwks;
  for (auto child = list.first(); child; child = child->next()) {
    TRY_ASSIGN(const jwt::Key key, read_key(*child));
    jwks.push_back(key.public_jwk());
  }
  return jwks;
}

std::vector<std::string> jwks_of(const jwt::KeySet& keys) {
  std::vector<std::string> jwks;
  for (const auto& key : keys.keys()) jwks.push_back(key.public_jwk());
  return jwks;
}

Result<std::shared_ptr<const jwt::KeySet>> key_set_of(std::span<const std::string> jwks) {
  std::vector<std::string> unique;
  add_absent(unique, {jwks.begin(), jwks.end()});
  std::vector<jwt::Key> keys;
  json::Reader reader;
  for (const auto& jwk : unique) {
    const auto value = reader.parse(jwk, kJwkLimits);
    if (!value) return fail(ErrorCode::kCorrupt, "a feed's key is not JSON");
    TRY_ASSIGN(jwt::Key key, read_key(*value));
    keys.push_back(std::move(key));
  }
  return std::make_shared<const jwt::KeySet>(std::move(keys));
}

std::shared_ptr<const jwt::KeySet> extended(const jwt::KeySet& keys,
                                            std::span<const std::string> announcements) {
  std::vector<std::string> jwks = jwks_of(keys);
  auto held = key_set_of(jwks).value_or(std::make_shared<const jwt::KeySet>());
  for (const auto& jws : announcements) {
    const auto word = read_word(jws);
    if (!word || !signed_by(jws, word->key_id, *held)) continue;
    const auto* batch = std::get_if<Batch>(&word->content);
    if (batch == nullptr || batch->kind != Kind::kKeys) continue;
    add_absent(jwks, batch->keys);
    if (auto grown = key_set_of(jwks)) held = *std::move(grown);
  }
  return held;
}

}  // namespace rescind::feed
