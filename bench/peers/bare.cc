#include "peers/bare.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <array>

#include "arguments.h"
#include "base/bytes.h"
#include "jwt/base64url.h"
#include "peers/tokens.h"

namespace rescind::bench {
namespace {

// Fetched once: OpenSSL 3.0 looks EVP_sha256() up by name at every use.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

const std::uint8_t* data(const std::string& text) { return bytes_of(text).data(); }

// r || s of RFC 7518 3.4 as the DER that OpenSSL checks.
std::string to_der(const std::string& signature) {
  const int half = static_cast<int>(signature.size() / 2);
  ECDSA_SIG* const pair = ECDSA_SIG_new();
  ECDSA_SIG_set0(pair, BN_bin2bn(data(signature), half, nullptr),
                 BN_bin2bn(data(signature) + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  std::string result(text_of({der, static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  return result;
}

SignedText taken_apart(const std::string& token, jwt::Family family) {
  const std::size_t dot = token.rfind('.');
  const auto signature = jwt::base64url_decode(std::string_view(token).substr(dot + 1));
  if (!signature) give_up("a token that is none");
  return {.text = token.substr(0, dot),
          .signature = family == jwt::Family::kEcdsa ? to_der(*signature) : *signature};
}

}  // namespace

BareVerify::BareVerify(const std::string& folder, jwt::Algorithm algorithm)
    : algorithm_(algorithm) {
  const std::string name = folder + "/" + std::string(jwt::to_string(algorithm));
  for (const std::string& token : read_lines(name + ".tokens")) {
    signed_.push_back(taken_apart(token, jwt::family(algorithm)));
  }
  hash_ = EVP_MD_CTX_new();
  if (jwt::is_symmetric(algorithm)) {
    prepare_secret(read_file(name + ".secret"));
  } else {
    prepare_public_key(read_file(name + ".pem"));
  }
}

BareVerify::~BareVerify() {
  EVP_MAC_CTX_free(mac_);
  EVP_MD_CTX_free(hash_);
  EVP_PKEY_CTX_free(context_);
  EVP_PKEY_free(pkey_);
}

void BareVerify::prepare_public_key(const std::string& pem) {
  BIO* const in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  pkey_ = PEM_read_bio_PUBKEY(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  if (pkey_ == nullptr) give_up("no public key");
  const jwt::Family family = jwt::family(algorithm_);
  if (family == jwt::Family::kEd25519) {
    ed25519_.resize(32);
    std::size_t size = ed25519_.size();
    EVP_PKEY_get_raw_public_key(pkey_, reinterpret_cast<unsigned char*>(ed25519_.data()), &size);
    return;
  }
  context_ = EVP_PKEY_CTX_new(pkey_, nullptr);
  bool good = EVP_PKEY_verify_init(context_) == 1;
  if (family == jwt::Family::kRsaPkcs1) {
    good = good && EVP_PKEY_CTX_set_rsa_padding(context_, RSA_PKCS1_PADDING) == 1;
  } else if (family == jwt::Family::kRsaPss) {
    good = good && EVP_PKEY_CTX_set_rsa_padding(context_, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context_, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  if (!good || EVP_PKEY_CTX_set_signature_md(context_, sha256_method()) != 1) give_up("no context");
}

void BareVerify::prepare_secret(const std::string& secret) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  mac_ = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(mac_, data(secret), secret.size(), parameters) != 1) give_up("no HMAC");
}

bool BareVerify::verify(std::size_t n) {
  const SignedText& signed_text = signed_[n % signed_.size()];
  switch (jwt::family(algorithm_)) {
    case jwt::Family::kEd25519:
      return verify_ed25519(signed_text);
    case jwt::Family::kHmac:
      return verify_hmac(signed_text);
    case jwt::Family::kRsaPkcs1:
    case jwt::Family::kRsaPss:
    case jwt::Family::kEcdsa:
      return verify_digest(signed_text);
  }
  return false;
}

bool BareVerify::verify_digest(const SignedText& signed_text) {
  std::array<std::uint8_t, 32> digest{};
  if (EVP_DigestInit_ex2(hash_, sha256_method(), nullptr) != 1 ||
      EVP_DigestUpdate(hash_, signed_text.text.data(), signed_text.text.size()) != 1 ||
      EVP_DigestFinal_ex(hash_, digest.data(), nullptr) != 1) {
    return false;
  }
  return EVP_PKEY_verify(context_, data(signed_text.signature), signed_text.signature.size(),
                         digest.data(), digest.size()) == 1;
}

// OpenSSL has no state between two of these but the key; setting it again is part of its interface.
bool BareVerify::verify_ed25519(const SignedText& signed_text) {
  return EVP_DigestVerifyInit(hash_, nullptr, nullptr, nullptr, pkey_) == 1 &&
         EVP_DigestVerify(hash_, data(signed_text.signature), signed_text.signature.size(),
                          data(signed_text.text), signed_text.text.size()) == 1;
}

bool BareVerify::verify_hmac(const SignedText& signed_text) {
  std::array<std::uint8_t, 32> tag{};
  std::size_t size = 0;
  return EVP_MAC_init(mac_, nullptr, 0, nullptr) == 1 &&
         EVP_MAC_update(mac_, data(signed_text.text), signed_text.text.size()) == 1 &&
         EVP_MAC_final(mac_, tag.data(), &size, tag.size()) == 1 &&
         CRYPTO_memcmp(tag.data(), signed_text.signature.data(), tag.size()) == 0;
}

bool BareVerify::verify_by_sodium(std::size_t n) const {
  const SignedText& signed_text = signed_[n % signed_.size()];
  return crypto_sign_verify_detached(data(signed_text.signature), data(signed_text.text),
                                     signed_text.text.size(), data(ed25519_)) == 0;
}

}  // namespace rescind::bench
