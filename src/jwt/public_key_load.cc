// How a PublicKey is made of a JWK, with the checks of its strength.

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <array>
#include <bitset>

#include "base/check.h"
#include "jwt/base64url.h"
#include "jwt/public_key.h"

namespace rescind::jwt {
namespace {

constexpr int kMinModulusBits = 2048;  // RFC 7518 3.3
constexpr int kMaxModulusBits = 8192;  // a greater one makes each bad token dear
constexpr std::size_t kEd25519Bytes = 32;

constexpr std::array kCurves = {
    Curve{"P-256", "P-256", 32, Algorithm::kEs256},
    Curve{"P-384", "P-384", 48, Algorithm::kEs384},
    Curve{"P-521", "P-521", 66, Algorithm::kEs512},
};

struct FreeBignum {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Bignum = std::unique_ptr<BIGNUM, FreeBignum>;

struct FreeParams {
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
using Params = std::unique_ptr<OSSL_PARAM, FreeParams>;

struct FreeParamBuilder {
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeParamBuilder>;

Bignum bignum(std::string_view bytes) {
  Bignum number(BN_bin2bn(bytes_of(bytes).data(), static_cast<int>(bytes.size()), nullptr));
  CHECK(number != nullptr);
  return number;
}

Result<std::string> decoded_member(json::Value jwk, std::string_view name) {
  const auto member = jwk.find(name);
  const auto text = member ? member->string() : std::nullopt;
  if (!text) return fail(ErrorCode::kInvalid, "has no member " + std::string(name));
  auto bytes = base64url_decode(*text);
  if (!bytes) return fail(ErrorCode::kInvalid, std::string(name) + " is not base64url");
  if (bytes->empty()) return fail(ErrorCode::kInvalid, std::string(name) + " is empty");
  return *std::move(bytes);
}

// A Base64urlUInt (RFC 7518 2) should have no zero octets in front; some issuers' libraries put one
// there, which changes nothing but the thumbprint: it is made of the shortest form.
Result<std::string> number_member(json::Value jwk, std::string_view name) {
  TRY_ASSIGN(std::string bytes, decoded_member(jwk, name));
  bytes.erase(0, bytes.find_first_not_of('\0'));
  if (bytes.empty()) return fail(ErrorCode::kInvalid, std::string(name) + " is zero");
  return bytes;
}

// Keys of the Infineon generator (ROCA, CVE-2017-15361) are powers of 65537 modulo each of the
// small primes; of other keys one in 2^27 is.
constexpr unsigned kRocaGenerator = 65537;
constexpr std::array<unsigned, 38> kSmallPrimes = {
    3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool is_power_of_generator(unsigned value, unsigned prime) {
  unsigned power = 1;
  for (unsigned i = 0; i < prime; ++i) {
    if (power == value) return true;
    power = power * (kRocaGenerator % prime) % prime;
  }
  return false;
}

bool has_roca_fingerprint(const BIGNUM* modulus) {
  for (const unsigned prime : kSmallPrimes) {
    const auto rest = static_cast<unsigned>(BN_mod_word(modulus, prime));
    if (!is_power_of_generator(rest, prime)) return false;
  }
  return true;
}

Result<void> check_rsa_strength(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < kMinModulusBits || bits > kMaxModulusBits) {
    return fail(ErrorCode::kInvalid,
                "RSA modulus has " + std::to_string(bits) + " bits, not 2048 to 8192");
  }
  if (BN_is_odd(modulus) == 0) return fail(ErrorCode::kInvalid, "RSA modulus is even");
  if (BN_num_bits(exponent) > 32 || BN_is_odd(exponent) == 0 || BN_is_one(exponent) != 0) {
    return fail(ErrorCode::kInvalid, "RSA exponent is not odd within 3 to 2^32");
  }
  if (has_roca_fingerprint(modulus)) {
    return fail(ErrorCode::kInvalid, "RSA modulus is of a broken generator (CVE-2017-15361)");
  }
  return {};
}

// Null where OpenSSL refuses the values (a point that is not on the curve, say).
Pkey pkey_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* pkey = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    clear_openssl_errors();
    return nullptr;
  }
  return Pkey(pkey);
}

Pkey rsa_pkey(const BIGNUM* modulus, const BIGNUM* exponent) {
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus) == 1);
  CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) == 1);
  return pkey_from("RSA", builder.get());
}

Pkey ec_pkey(const Curve& curve, std::string_view x, std::string_view y) {
  std::string point = "\x04";  // uncompressed, SEC 1 2.3.3
  point.append(x).append(y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  CHECK(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                        curve.openssl_name, 0) == 1);
  CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) == 1);
  Pkey pkey = pkey_from("EC", builder.get());
  if (pkey == nullptr) return nullptr;
  // The point is on the curve and is not infinity; the cofactor of these curves is 1.
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  if (context == nullptr || EVP_PKEY_public_check_quick(context.get()) != 1) {
    clear_openssl_errors();
    return nullptr;
  }
  return pkey;
}

Result<std::string> coordinate(json::Value jwk, std::string_view name, std::size_t size) {
  TRY_ASSIGN(std::string bytes, decoded_member(jwk, name));
  if (bytes.size() != size) {
    return fail(ErrorCode::kInvalid, "coordinate " + std::string(name) + " has " +
                                         std::to_string(bytes.size()) + " bytes, not " +
                                         std::to_string(size));
  }
  return bytes;
}

std::string_view text_member(json::Value jwk, std::string_view name) {
  const auto member = jwk.find(name);
  return member ? member->string().value_or("") : "";
}

}  // namespace

const Curve* curve_named(std::string_view name) {
  for (const Curve& curve : kCurves) {
    if (curve.name == name) return &curve;
  }
  return nullptr;
}

const Curve* curve_of(Algorithm algorithm) {
  for (const Curve& curve : kCurves) {
    if (curve.algorithm == algorithm) return &curve;
  }
  return nullptr;
}

Result<PublicKey> PublicKey::from_jwk(json::Value jwk) {
  const std::string_view type = text_member(jwk, "kty");
  if (type == "RSA") return rsa_from_jwk(jwk);
  if (type == "EC") return ec_from_jwk(jwk);
  if (type == "OKP") return okp_from_jwk(jwk);
  if (type == "oct") {
    return fail(ErrorCode::kInvalid, "is a shared secret: those come by configuration alone");
  }
  return fail(ErrorCode::kInvalid, "has a kty that is not RSA, EC or OKP");
}

Result<PublicKey> PublicKey::rsa_from_jwk(json::Value jwk) {
  TRY_ASSIGN(const std::string n, number_member(jwk, "n"));
  TRY_ASSIGN(const std::string e, number_member(jwk, "e"));
  // Before any arithmetic: a modulus of a megabyte is no key.
  if (n.size() > kMaxModulusBits / 8 || e.size() > 4) {
    return fail(ErrorCode::kInvalid, "RSA modulus or exponent is too long");
  }
  const Bignum modulus = bignum(n);
  const Bignum exponent = bignum(e);
  TRY(check_rsa_strength(modulus.get(), exponent.get()));
  PublicKey key;
  key.pkey_ = rsa_pkey(modulus.get(), exponent.get());
  if (key.pkey_ == nullptr) return fail(ErrorCode::kInvalid, "is no RSA key");
  key.signature_size_ = n.size();
  json::Writer writer;
  writer.object().member("e", base64url_encode(e)).member("kty", "RSA");
  key.canonical_jwk_ = writer.member("n", base64url_encode(n)).end().take();
  return key;
}

Result<PublicKey> PublicKey::ec_from_jwk(json::Value jwk) {
  const Curve* const curve = curve_named(text_member(jwk, "crv"));
  if (curve == nullptr) return fail(ErrorCode::kInvalid, "has an unknown curve");
  TRY_ASSIGN(const std::string x, coordinate(jwk, "x", curve->coordinate_size));
  TRY_ASSIGN(const std::string y, coordinate(jwk, "y", curve->coordinate_size));
  PublicKey key;
  key.pkey_ = ec_pkey(*curve, x, y);
  if (key.pkey_ == nullptr) return fail(ErrorCode::kInvalid, "is no point of its curve");
  BIGNUM* order = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key.pkey_.get(), OSSL_PKEY_PARAM_EC_ORDER, &order) == 1);
  const Bignum owned(order);
  const auto size = static_cast<int>(curve->coordinate_size);
  CHECK(BN_bn2binpad(order, key.order_.data(), size) == size);
  key.signature_size_ = 2 * curve->coordinate_size;
  key.algorithm_of_curve_ = curve->algorithm;
  json::Writer writer;
  writer.object().member("crv", curve->name).member("kty", "EC");
  writer.member("x", base64url_encode(x)).member("y", base64url_encode(y));
  key.canonical_jwk_ = writer.end().take();
  return key;
}

Result<PublicKey> PublicKey::okp_from_jwk(json::Value jwk) {
  if (text_member(jwk, "crv") != "Ed25519") {
    return fail(ErrorCode::kInvalid, "has a curve that is not Ed25519");
  }
  TRY_ASSIGN(const std::string x, coordinate(jwk, "x", kEd25519Bytes));
  static const bool ready = sodium_init() >= 0;
  CHECK(ready);
  // Refuses points of small order too: with one, a signature is good for many messages.
  if (crypto_core_ed25519_is_valid_point(bytes_of(x).data()) != 1) {
    return fail(ErrorCode::kInvalid, "is no point of its curve");
  }
  PublicKey key;
  std::copy(x.begin(), x.end(), key.ed25519_.begin());
  key.algorithm_of_curve_ = Algorithm::kEdDsa;
  json::Writer writer;
  writer.object().member("crv", "Ed25519").member("kty", "OKP");
  key.canonical_jwk_ = writer.member("x", base64url_encode(x)).end().take();
  return key;
}

}  // namespace rescind::jwt
