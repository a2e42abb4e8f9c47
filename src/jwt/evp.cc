#include "jwt/evp.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/check.h"

namespace rescind::jwt {
namespace {

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const EVP_MD* fetched(const char* name) {
  const EVP_MD* const digest = EVP_MD_fetch(nullptr, name, nullptr);
  CHECK(digest != nullptr);
  return digest;
}

constexpr std::size_t kCachedContexts = 32;

// A context owns a reference to its key, so no other key can come to lie at that address while the
// entry is there: comparing addresses cannot confuse a freed key with a new one.
struct ContextCache {
  std::array<PkeyContext, kCachedContexts> entries;
  std::size_t next = 0;  // replaced next
};

PkeyContext make_verify_context(EVP_PKEY* pkey, Algorithm algorithm) {
  PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return nullptr;
  if (!set_signature_parameters(context.get(), algorithm)) return nullptr;
  return context;
}

}  // namespace

void PkeyDeleter::operator()(EVP_PKEY* pkey) const { EVP_PKEY_free(pkey); }
void PkeyContextDeleter::operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }

const EVP_MD* sha2(std::size_t size) {
  static const EVP_MD* const sha256 = fetched("SHA256");
  static const EVP_MD* const sha384 = fetched("SHA384");
  static const EVP_MD* const sha512 = fetched("SHA512");
  return size == 32 ? sha256 : size == 48 ? sha384 : sha512;
}

HashValue hash(std::size_t size, ByteView a, ByteView b) {
  // One for each digest: OpenSSL allocates anew where a context changes its digest.
  thread_local const std::array<std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>, 3> contexts = {
      std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>(EVP_MD_CTX_new()),
      std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>(EVP_MD_CTX_new()),
      std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>(EVP_MD_CTX_new()),
  };
  EVP_MD_CTX* const context = contexts[size / 16 - 2].get();
  HashValue value;
  value.size = size;
  CHECK(EVP_DigestInit_ex2(context, sha2(size), nullptr) == 1);
  CHECK(EVP_DigestUpdate(context, a.data(), a.size()) == 1);
  CHECK(EVP_DigestUpdate(context, b.data(), b.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context, value.buffer.data(), nullptr) == 1);
  return value;
}

bool set_signature_parameters(EVP_PKEY_CTX* context, Algorithm algorithm) {
  const EVP_MD* const digest = sha2(hash_size(algorithm));
  switch (family(algorithm)) {
    case Family::kRsaPkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, digest) == 1;
    case Family::kRsaPss:  // RFC 7518 3.5: the salt as long as the hash, MGF1 with the same hash
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(context, digest) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    case Family::kEcdsa:
      return EVP_PKEY_CTX_set_signature_md(context, digest) == 1;
    case Family::kEd25519:
    case Family::kHmac:
      return false;
  }
  return false;
}

EVP_PKEY_CTX* verify_context(EVP_PKEY* pkey, Algorithm algorithm) {
  thread_local ContextCache cache;
  for (const PkeyContext& entry : cache.entries) {
    if (entry == nullptr) break;
    if (EVP_PKEY_CTX_get0_pkey(entry.get()) == pkey) return entry.get();
  }
  PkeyContext context = make_verify_context(pkey, algorithm);
  if (context == nullptr) {
    clear_openssl_errors();
    return nullptr;
  }
  PkeyContext& entry = cache.entries[cache.next];
  cache.next = (cache.next + 1) % kCachedContexts;
  entry = std::move(context);
  return entry.get();
}

void clear_openssl_errors() { ERR_clear_error(); }

}  // namespace rescind::jwt
