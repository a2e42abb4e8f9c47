#include "jwt/signing_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <array>

#include "base/check.h"
#include "jwt/base64url.h"
#include "jwt/public_key.h"

namespace rescind::jwt {

struct SigningKey::Body {
  Algorithm algorithm;
  Pkey pkey;
  Secret ed25519;  // libsodium's form: the seed and the public key
  Key public_key;

  static Result<SigningKey> signing_key(Pkey pkey, Algorithm algorithm);
};

namespace {

constexpr std::size_t kRsaBits = 2048;
constexpr std::string_view kPemHeader = "-----BEGIN PRIVATE KEY-----";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreeBignum {
  void operator()(BIGNUM* number) const { BN_free(number); }
};

struct FreeEcdsaSignature {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

Pkey generate_pkey(Algorithm algorithm) {
  switch (family(algorithm)) {
    case Family::kRsaPkcs1:
    case Family::kRsaPss:
      return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kRsaBits));
    case Family::kEcdsa:
      return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve_of(algorithm)->openssl_name));
    case Family::kEd25519:
      return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case Family::kHmac:
      return nullptr;
  }
  return nullptr;
}

// A number of the key in its shortest form, or in `size` bytes.
std::string number_of(EVP_PKEY* pkey, const char* name, std::size_t size = 0) {
  BIGNUM* number = nullptr;
  CHECK(EVP_PKEY_get_bn_param(pkey, name, &number) == 1);
  const std::unique_ptr<BIGNUM, FreeBignum> owned(number);
  std::string bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : size, '\0');
  const auto length = static_cast<int>(bytes.size());
  CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), length) == length);
  return base64url_encode(bytes);
}

std::string ed25519_public(EVP_PKEY* pkey) {
  std::array<std::uint8_t, crypto_sign_ed25519_PUBLICKEYBYTES> bytes;
  std::size_t size = bytes.size();
  CHECK(EVP_PKEY_get_raw_public_key(pkey, bytes.data(), &size) == 1 && size == bytes.size());
  return base64url_encode(bytes);
}

std::string jwk_of(EVP_PKEY* pkey, Algorithm algorithm, std::string_view key_id) {
  json::Writer writer;
  writer.object();
  switch (family(algorithm)) {
    case Family::kEcdsa: {
      const Curve& curve = *curve_of(algorithm);
      writer.member("kty", "EC").member("crv", curve.name);
      const std::size_t size = curve.coordinate_size;
      writer.member("x", number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X, size));
      writer.member("y", number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size));
      break;
    }
    case Family::kEd25519:
      writer.member("kty", "OKP").member("crv", "Ed25519").member("x", ed25519_public(pkey));
      break;
    case Family::kRsaPkcs1:
    case Family::kRsaPss:
    case Family::kHmac:
      writer.member("kty", "RSA").member("n", number_of(pkey, OSSL_PKEY_PARAM_RSA_N));
      writer.member("e", number_of(pkey, OSSL_PKEY_PARAM_RSA_E));
      break;
  }
  if (!key_id.empty()) writer.member("kid", key_id);
  return writer.member("alg", to_string(algorithm)).end().take();
}

// Through the same checks as anybody's key. Its id is the thumbprint, known after the first round.
Result<Key> public_key_of(EVP_PKEY* pkey, Algorithm algorithm) {
  json::Reader reader;
  TRY_ASSIGN(const json::Value anonymous, reader.parse(jwk_of(pkey, algorithm, ""), {}));
  TRY_ASSIGN(const Key unnamed, Key::from_jwk(anonymous));
  TRY_ASSIGN(const json::Value named,
             reader.parse(jwk_of(pkey, algorithm, unnamed.thumbprint()), {}));
  return Key::from_jwk(named);
}

// Signing by libsodium, as verifying: twice as fast as OpenSSL 3.0.
Secret ed25519_secret(EVP_PKEY* pkey) {
  std::string seed(crypto_sign_ed25519_SEEDBYTES, '\0');
  std::size_t size = seed.size();
  auto* const seed_bytes = reinterpret_cast<unsigned char*>(seed.data());
  CHECK(EVP_PKEY_get_raw_private_key(pkey, seed_bytes, &size) == 1 && size == seed.size());
  std::string secret(crypto_sign_ed25519_SECRETKEYBYTES, '\0');
  std::array<std::uint8_t, crypto_sign_ed25519_PUBLICKEYBYTES> public_half;
  CHECK(crypto_sign_ed25519_seed_keypair(
            public_half.data(), reinterpret_cast<unsigned char*>(secret.data()), seed_bytes) == 0);
  OPENSSL_cleanse(seed.data(), seed.size());
  return Secret(std::move(secret));
}

bool fits(EVP_PKEY* pkey, Algorithm algorithm) {
  switch (family(algorithm)) {
    case Family::kRsaPkcs1:
    case Family::kRsaPss:
      return EVP_PKEY_is_a(pkey, "RSA") == 1;
    case Family::kEcdsa: {
      std::array<char, 32> group{};
      const Curve& curve = *curve_of(algorithm);
      return EVP_PKEY_is_a(pkey, "EC") == 1 &&
             EVP_PKEY_get_group_name(pkey, group.data(), group.size(), nullptr) == 1 &&
             EC_curve_nist2nid(curve.openssl_name) == OBJ_sn2nid(group.data());
    }
    case Family::kEd25519:
      return EVP_PKEY_is_a(pkey, "ED25519") == 1;
    case Family::kHmac:
      return false;
  }
  return false;
}

// Never asks at a terminal for the password of an encrypted file.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Pkey read_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CHECK(bio != nullptr);
  Pkey pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (pkey == nullptr) clear_openssl_errors();
  return pkey;
}

// The halves belong together: a public half that was swapped would sign what nobody can verify.
bool is_consistent(EVP_PKEY* pkey) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  const bool good = context != nullptr && EVP_PKEY_pairwise_check(context.get()) == 1;
  if (!good) clear_openssl_errors();
  return good;
}

// DER (what OpenSSL makes) to r || s (RFC 7518 3.4).
std::string to_jose(ByteView der, std::size_t coordinate_size) {
  const unsigned char* at = der.data();
  const std::unique_ptr<ECDSA_SIG, FreeEcdsaSignature> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  CHECK(signature != nullptr);
  std::string out(2 * coordinate_size, '\0');
  auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
  const auto size = static_cast<int>(coordinate_size);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes, size) == size);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes + size, size) == size);
  return out;
}

std::string sign_digest(EVP_PKEY* pkey, Algorithm algorithm, std::string_view message) {
  // Not kept for the thread, as those that verify are: a private key ends with its SigningKey.
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  CHECK(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
  CHECK(set_signature_parameters(context.get(), algorithm));
  const HashValue digest = hash(hash_size(algorithm), bytes_of(message));
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(pkey)), '\0');
  std::size_t size = signature.size();
  CHECK(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                      digest.buffer.data(), digest.size) == 1);
  signature.resize(size);
  return signature;
}

std::string sign_ed25519(std::string_view secret, std::string_view message) {
  std::string signature(crypto_sign_ed25519_BYTES, '\0');
  CHECK(crypto_sign_ed25519_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                                     bytes_of(message).data(), message.size(),
                                     bytes_of(secret).data()) == 0);
  return signature;
}

}  // namespace

Result<SigningKey> SigningKey::Body::signing_key(Pkey pkey, Algorithm algorithm) {
  TRY_ASSIGN(Key public_key, public_key_of(pkey.get(), algorithm));
  Secret ed25519;
  if (algorithm == Algorithm::kEdDsa) ed25519 = ed25519_secret(pkey.get());
  return SigningKey(std::unique_ptr<const Body>(
      new Body{algorithm, std::move(pkey), std::move(ed25519), std::move(public_key)}));
}

Result<SigningKey> SigningKey::generate(Algorithm algorithm) {
  Pkey pkey = generate_pkey(algorithm);
  if (pkey == nullptr) {
    clear_openssl_errors();
    return fail(ErrorCode::kInvalid,
                "cannot make a key pair for " + std::string(to_string(algorithm)));
  }
  return Body::signing_key(std::move(pkey), algorithm);
}

Result<SigningKey> SigningKey::from_pem(const Secret& pem, Algorithm algorithm) {
  if (!pem.expose().starts_with(kPemHeader)) {
    return fail(ErrorCode::kInvalid, "not an unencrypted PKCS#8 file (BEGIN PRIVATE KEY)");
  }
  Pkey pkey = read_pem(pem.expose());
  if (pkey == nullptr) return fail(ErrorCode::kInvalid, "private key cannot be read");
  if (!fits(pkey.get(), algorithm)) {
    return fail(ErrorCode::kInvalid,
                "private key does not fit " + std::string(to_string(algorithm)));
  }
  if (!is_consistent(pkey.get())) {
    return fail(ErrorCode::kInvalid, "private and public half do not belong together");
  }
  return Body::signing_key(std::move(pkey), algorithm);
}

Secret SigningKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  CHECK(bio != nullptr);
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), body_->pkey.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(std::string(data, static_cast<std::size_t>(size)));
}

SigningKey::SigningKey(std::unique_ptr<const Body> body) : body_(std::move(body)) {}
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Algorithm SigningKey::algorithm() const { return body_->algorithm; }
std::string_view SigningKey::key_id() const { return body_->public_key.key_id(); }
const Key& SigningKey::public_key() const { return body_->public_key; }

std::string SigningKey::sign(std::string_view signing_input) const {
  if (body_->algorithm == Algorithm::kEdDsa) {
    return sign_ed25519(body_->ed25519.expose(), signing_input);
  }
  std::string signature = sign_digest(body_->pkey.get(), body_->algorithm, signing_input);
  const Curve* const curve = curve_of(body_->algorithm);
  return curve == nullptr ? signature : to_jose(bytes_of(signature), curve->coordinate_size);
}

std::string sign_compact(const SigningKey& key, std::string_view type, std::string_view payload) {
  json::Writer header;
  header.object().member("alg", to_string(key.algorithm())).member("typ", type);
  header.member("kid", key.key_id()).end();
  std::string token = base64url_encode(header.text());
  token += '.';
  token += base64url_encode(payload);
  const std::string signature = key.sign(token);
  token += '.';
  token += base64url_encode(signature);
  return token;
}

}  // namespace rescind::jwt
