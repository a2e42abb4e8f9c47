#include <algorithm>

#include "jwt/jws.h"
#include "jwt/key.h"

namespace rescind::jwt {
namespace {

constexpr std::size_t kMaxKeys = 64;
// Members: a key has about ten, and `x5c` chains a few more.
constexpr json::Limits kKeySetLimits{.bytes = std::size_t{512} << 10U, .depth = 8, .members = 4096};

std::optional<std::string_view> key_id_member(json::Value jwk) {
  const auto member = jwk.find("kid");
  return member ? member->string() : std::nullopt;
}

// How a key is called in a word for a person: by its kid where that can be shown, else by its
// place.
std::string called(json::Value jwk, std::size_t place) {
  const auto key_id = key_id_member(jwk);
  if (key_id && is_key_id(*key_id)) return "key " + std::string(*key_id);
  return "key number " + std::to_string(place + 1);
}

bool is_for_encryption(json::Value jwk) {
  const auto use = jwk.find("use");
  return use && use->string() == "enc";
}

// Two keys with one name: nobody can say which is meant, and one may have been slipped in. A key
// for encryption beside a signing key of the same name is no rival of it.
bool is_ambiguous(json::Value keys, json::Value jwk) {
  const auto key_id = key_id_member(jwk);
  if (!key_id) return false;
  std::size_t count = 0;
  for (auto other = keys.first(); other; other = other->next()) {
    if (key_id_member(*other) == key_id && !is_for_encryption(*other)) ++count;
  }
  return count > 1;
}

Result<Key> usable_key(json::Value keys, json::Value jwk, std::optional<Algorithm> fallback) {
  TRY_ASSIGN(Key key, Key::from_jwk(jwk, fallback));
  if (is_ambiguous(keys, jwk)) return fail(ErrorCode::kInvalid, "its kid is used twice");
  return key;
}

}  // namespace

KeySet::KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}

Result<KeySet::Parsed> KeySet::parse(std::string_view jwks, std::optional<Algorithm> fallback) {
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(jwks, kKeySetLimits));
  const auto keys = root.find("keys");
  if (!keys || !keys->is_array()) {
    return fail(ErrorCode::kInvalid, "not a key set: no array `keys` (RFC 7517 5)");
  }
  if (keys->size() > kMaxKeys) {
    return fail(ErrorCode::kTooLarge, "key set has more than 64 keys");
  }
  Parsed parsed;
  std::vector<Key> usable;
  std::size_t place = 0;
  for (auto jwk = keys->first(); jwk; jwk = jwk->next(), ++place) {
    auto key = usable_key(*keys, *jwk, fallback);
    if (key) {
      usable.push_back(*std::move(key));
    } else {
      parsed.skipped.push_back(called(*jwk, place) + ": " + key.error().message);
    }
  }
  parsed.keys = KeySet(std::move(usable));
  return parsed;
}

const Key* KeySet::find(std::optional<std::string_view> key_id) const {
  if (!key_id) return keys_.size() == 1 ? &keys_.front() : nullptr;
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.key_id().empty() || key.key_id() != *key_id) continue;
    if (found != nullptr) return nullptr;
    found = &key;
  }
  return found;
}

}  // namespace rescind::jwt
