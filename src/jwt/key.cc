#include "jwt/key.h"

#include <algorithm>
#include <variant>

#include "jwt/base64url.h"
#include "jwt/hmac.h"
#include "jwt/jws.h"
#include "jwt/public_key.h"

namespace rescind::jwt {

struct Key::Body {
  Algorithm algorithm;
  std::string key_id;
  std::string thumbprint;
  std::string public_jwk;
  std::variant<PublicKey, Hmac> material;
};

namespace {

std::string thumbprint_of(std::string_view canonical_jwk) {
  return base64url_encode(sha256(canonical_jwk));
}

// RFC 7517 4.2, 4.3: a key for something else than signatures is not used for them.
Result<void> check_purpose(json::Value jwk) {
  if (jwk.find("d")) {
    return fail(ErrorCode::kInvalid, "holds its private half, which is thereby known to everybody");
  }
  if (const auto use = jwk.find("use"); use && use->string() != "sig") {
    return fail(ErrorCode::kInvalid, "is not for signatures (use)");
  }
  const auto operations = jwk.find("key_ops");
  if (!operations) return {};
  for (auto operation = operations->first(); operation; operation = operation->next()) {
    if (operation->string() == "verify") return {};
  }
  return fail(ErrorCode::kInvalid, "is not for verifying (key_ops)");
}

Result<std::string> key_id_of(json::Value jwk) {
  const auto member = jwk.find("kid");
  if (!member) return std::string();
  const auto key_id = member->string();
  if (!key_id || !is_key_id(*key_id)) {
    return fail(ErrorCode::kInvalid, "has a kid that is not 1 to 128 printable ASCII characters");
  }
  return std::string(*key_id);
}

bool is_rsa(Algorithm algorithm) {
  return family(algorithm) == Family::kRsaPkcs1 || family(algorithm) == Family::kRsaPss;
}

// One key, one algorithm (RFC 8725 3.1): the key's own `alg`, else what its type leaves.
Result<Algorithm> algorithm_of(json::Value jwk, const PublicKey& key,
                               std::optional<Algorithm> fallback) {
  const std::optional<Algorithm> of_curve = key.algorithm_of_curve();
  const auto member = jwk.find("alg");
  if (!member) {
    if (of_curve) return *of_curve;
    return fallback && is_rsa(*fallback) ? *fallback : Algorithm::kRs256;
  }
  const auto declared = algorithm_named(member->string().value_or(""));
  if (!declared) return fail(ErrorCode::kInvalid, "has an alg that is no signature algorithm");
  if (of_curve ? declared != of_curve : !is_rsa(*declared)) {
    return fail(ErrorCode::kInvalid, "has an alg that does not fit the key");
  }
  return *declared;
}

std::string published(const PublicKey& key, std::string_view key_id, Algorithm algorithm) {
  std::string jwk = key.canonical_jwk();
  jwk.pop_back();  // the brace; what is added are names that it does not have
  json::Writer more;
  more.object();
  if (!key_id.empty()) more.member("kid", key_id);
  more.member("alg", to_string(algorithm)).member("use", "sig").end();
  return jwk + "," + more.text().substr(1);
}

}  // namespace

Result<Key> Key::from_jwk(json::Value jwk, std::optional<Algorithm> fallback) {
  if (!jwk.is_object()) return fail(ErrorCode::kInvalid, "is no JSON object");
  TRY(check_purpose(jwk));
  TRY_ASSIGN(std::string key_id, key_id_of(jwk));
  TRY_ASSIGN(PublicKey key, PublicKey::from_jwk(jwk));
  TRY_ASSIGN(const Algorithm algorithm, algorithm_of(jwk, key, fallback));
  std::string thumbprint = thumbprint_of(key.canonical_jwk());
  std::string public_jwk = published(key, key_id, algorithm);
  return Key(std::unique_ptr<const Body>(new Body{
      algorithm, std::move(key_id), std::move(thumbprint), std::move(public_jwk), std::move(key)}));
}

Result<Key> Key::from_secret(std::string key_id, Algorithm algorithm, const Secret& secret) {
  if (!is_symmetric(algorithm)) {
    return fail(ErrorCode::kInvalid,
                std::string(to_string(algorithm)) + " needs a key pair, not a secret");
  }
  if (!key_id.empty() && !is_key_id(key_id)) {
    return fail(ErrorCode::kInvalid, "kid is not 1 to 128 printable ASCII characters");
  }
  const std::size_t size = hash_size(algorithm);
  if (secret.size() < size) {
    return fail(ErrorCode::kInvalid, "secret has " + std::to_string(secret.size()) + " bytes, " +
                                         std::string(to_string(algorithm)) + " needs " +
                                         std::to_string(size) + " (RFC 7518 3.2)");
  }
  const Secret k(base64url_encode(secret.expose()));
  json::Writer writer;
  writer.object().member("k", k.expose()).member("kty", "oct").end();
  const Secret canonical(writer.take());
  return Key(std::unique_ptr<const Body>(new Body{algorithm, std::move(key_id),
                                                  thumbprint_of(canonical.expose()), std::string(),
                                                  Hmac(size, secret)}));
}

Key::Key(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
Key::Key(Key&&) noexcept = default;
Key& Key::operator=(Key&&) noexcept = default;
Key::~Key() = default;

Algorithm Key::algorithm() const { return body_->algorithm; }
std::string_view Key::key_id() const { return body_->key_id; }
std::string_view Key::thumbprint() const { return body_->thumbprint; }
std::string_view Key::revocation_id() const {
  return body_->key_id.empty() ? body_->thumbprint : body_->key_id;
}
const std::string& Key::public_jwk() const { return body_->public_jwk; }

bool Key::verify(std::string_view signing_input, ByteView signature) const {
  if (const auto* const key = std::get_if<PublicKey>(&body_->material)) {
    return key->verify(body_->algorithm, signing_input, signature);
  }
  return std::get<Hmac>(body_->material).verify(signing_input, signature);
}

}  // namespace rescind::jwt
