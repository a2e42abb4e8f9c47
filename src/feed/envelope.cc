#include "feed/envelope.h"

#include <algorithm>

#include "base/json.h"
#include "feed/batch.h"
#include "feed/fields.h"
#include "feed/manifest.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"

namespace rescind::feed {
namespace {

constexpr std::size_t kMaxHeaderBytes = 512;

// Exactly these three members: nothing in a header of ours is there to be ignored.
Result<std::string> key_id_of(std::string_view header, std::string_view type) {
  json::Reader reader;
  const auto root = reader.parse(header, {.bytes = kMaxHeaderBytes, .depth = 2, .members = 8});
  if (!root || !root->is_object() || root->size() != 3) {
    return fail(ErrorCode::kCorrupt, "the header is not exactly alg, typ, kid");
  }
  TRY_ASSIGN(const std::string_view algorithm, read_text(*root, "alg"));
  TRY_ASSIGN(const std::string_view typ, read_text(*root, "typ"));
  TRY_ASSIGN(const std::string_view key_id, read_text(*root, "kid"));
  if (jwt::algorithm_named(algorithm) != jwt::Algorithm::kEdDsa || typ != type ||
      key_id.size() > jwt::kMaxKeyIdBytes) {
    return fail(ErrorCode::kCorrupt, "the header names another algorithm, type or kind of key");
  }
  return std::string(key_id);
}

}  // namespace

Result<Envelope> open_envelope(std::string_view jws, std::string_view type, std::size_t max_bytes) {
  const auto parts = jwt::split_compact(jws, max_bytes);
  if (!parts) return fail(ErrorCode::kCorrupt, "not a compact JWS, or too large");
  const auto header = jwt::base64url_decode(parts->header);
  if (!header) return fail(ErrorCode::kCorrupt, "the header is not base64url");
  TRY_ASSIGN(std::string key_id, key_id_of(*header, type));
  Envelope envelope{.key_id = std::move(key_id), .payload = {}};
  if (!jwt::base64url_decode(parts->payload, envelope.payload)) {
    return fail(ErrorCode::kCorrupt, "the payload is not base64url");
  }
  return envelope;
}

bool signed_by(std::string_view jws, std::string_view key_id, const jwt::KeySet& keys) {
  const auto parts = jwt::split_compact(jws, std::max(kMaxBatchBytes, kMaxManifestBytes));
  const jwt::Key* key = keys.find(key_id);
  if (!parts || key == nullptr || key->algorithm() != jwt::Algorithm::kEdDsa) return false;
  const auto signature = jwt::base64url_decode(parts->signature);
  return signature && key->verify(parts->signing_input, bytes_of(*signature));
}

}  // namespace rescind::feed
