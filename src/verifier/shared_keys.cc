#include "verifier/shared_keys.h"

#include <utility>

#include "base/json.h"

namespace rescind::verifier {
namespace {

constexpr std::size_t kMaxIssuers = 256;
constexpr std::size_t kMaxKeys = 64;
constexpr json::Limits kLimits{.bytes = std::size_t{16} << 20U, .depth = 8, .members = 262'144};

std::unexpected<Error> damaged(const std::string& why) {
  return fail(ErrorCode::kCorrupt, "the shared keys: " + why);
}

Result<SharedKeys> keys_of(json::Value entry) {
  const auto issuer = entry.find("issuer");
  const auto set = entry.find("jwks");
  const auto keys = set ? set->find("keys") : std::nullopt;
  if (!issuer || !issuer->is_string() || !keys || !keys->is_array() || keys->size() > kMaxKeys) {
    return damaged("an entry is not {issuer, jwks} with at most 64 keys");
  }
  std::vector<jwt::Key> usable;
  for (auto jwk = keys->first(); jwk; jwk = jwk->next()) {
    if (auto key = jwt::Key::from_jwk(*jwk)) usable.push_back(*std::move(key));
  }
  return SharedKeys{.issuer = std::string(*issuer->string()),
                    .keys = std::make_shared<const jwt::KeySet>(std::move(usable))};
}

}  // namespace

std::string shared_keys_of(const TrustedIssuers& issuers) {
  json::Writer out;
  out.object().member("version", 1).name("issuers").array();
  for (const TrustedIssuer& issuer : issuers.all()) {
    out.object().member("issuer", std::string_view(issuer.issuer));
    out.name("jwks").object().name("keys").array();
    for (const jwt::Key& key : issuer.keys->keys()) {
      // A secret has none.
      if (!key.public_jwk().empty()) out.raw(key.public_jwk());
    }
    out.end().end().end();
  }
  return out.end().end().take();
}

Result<std::vector<SharedKeys>> parse_shared_keys(std::string_view text) {
  std::vector<SharedKeys> all;
  if (text.empty()) return all;
  json::Reader reader;
  const auto root = reader.parse(text, kLimits);
  if (!root) return damaged(root.error().message);
  const auto version = root->find("version");
  if (!version || version->integer() != 1) return damaged("another version than 1");
  const auto issuers = root->find("issuers");
  if (!issuers || !issuers->is_array() || issuers->size() > kMaxIssuers) {
    return damaged("`issuers` is no array of at most 256");
  }
  for (auto entry = issuers->first(); entry; entry = entry->next()) {
    TRY_ASSIGN(SharedKeys keys, keys_of(*entry));
    all.push_back(std::move(keys));
  }
  return all;
}

}  // namespace rescind::verifier
