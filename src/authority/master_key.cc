#include "authority/master_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "authority/secret_file.h"
#include "base/check.h"
#include "jwt/base64url.h"

namespace rescind::authority {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(std::string_view text) { return bytes_of(text).data(); }

Secret derive(const Secret& master, std::string_view purpose) {
  const std::unique_ptr<EVP_KDF, Freed<EVP_KDF_free>> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  CHECK(kdf != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>> context(EVP_KDF_CTX_new(kdf.get()));
  CHECK(context != nullptr);
  std::string digest = "SHA256";
  std::string key(master.expose());
  std::string info(purpose);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  std::string out(kKeyBytes, '\0');
  CHECK(EVP_KDF_derive(context.get(), bytes(out), out.size(), parameters) == 1);
  OPENSSL_cleanse(key.data(), key.size());
  return Secret(std::move(out));
}

}  // namespace

MasterKey::MasterKey(const Secret& bytes)
    : successor_key_(derive(bytes, "rescind refresh successor v1")),
      sealing_key_(derive(bytes, "rescind key sealing v1")) {}

Result<MasterKey> MasterKey::open(const std::string& path, Random& random) {
  TRY_ASSIGN(auto content, read_secret_file(path));
  if (!content) {
    std::array<std::uint8_t, kKeyBytes> fresh{};
    random.fill(fresh);
    const auto created = create_secret_file(path, Secret(std::string(text_of(fresh))));
    OPENSSL_cleanse(fresh.data(), fresh.size());
    if (!created && created.error().code != ErrorCode::kConflict) {
      return std::unexpected(created.error());
    }
    // Whoever made it: what lies there counts.
    TRY_ASSIGN(content, read_secret_file(path));
  }
  if (!content || content->size() != kKeyBytes) {
    return fail(ErrorCode::kInvalid, path + " is no master key: it has to have 32 bytes");
  }
  return MasterKey(*content);
}

Digest MasterKey::successor_of(std::string_view parent) const {
  const std::string_view key = successor_key_.expose();
  Digest out{};
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(parent), parent.size(),
             out.data(), &size) != nullptr);
  CHECK(size == out.size());
  return out;
}

std::string MasterKey::seal(const Secret& plain, std::string_view name, Random& random) const {
  const std::string_view text = plain.expose();
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  random.fill({bytes(sealed), kNonceBytes});
  const CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  int size = 0;
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(sealing_key_.expose()),
                           bytes(sealed)) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(name),
                          static_cast<int>(name.size())) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), bytes(sealed) + kNonceBytes, &size, bytes(text),
                          static_cast<int>(text.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), bytes(sealed) + kNonceBytes + text.size(), &size) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                            bytes(sealed) + kNonceBytes + text.size()) == 1);
  return jwt::base64url_encode(sealed);
}

Result<Secret> MasterKey::unseal(std::string_view sealed, std::string_view name) const {
  const auto damaged = [] {
    return fail(ErrorCode::kCorrupt,
                "a sealed key cannot be opened: damaged, or of another master key");
  };
  auto raw = jwt::base64url_decode(sealed);
  if (!raw || raw->size() < kNonceBytes + kTagBytes) return damaged();
  const std::size_t length = raw->size() - kNonceBytes - kTagBytes;
  const CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  std::string plain(length, '\0');
  int size = 0;
  CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(sealing_key_.expose()),
                           bytes(*raw)) == 1);
  const bool good = EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(name),
                                      static_cast<int>(name.size())) == 1 &&
                    EVP_DecryptUpdate(context.get(), bytes(plain), &size, bytes(*raw) + kNonceBytes,
                                      static_cast<int>(length)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                                        bytes(*raw) + kNonceBytes + length) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), bytes(plain) + length, &size) == 1;
  Secret secret(std::move(plain));
  if (!good) return damaged();
  return secret;
}

Result<std::shared_ptr<const jwt::SigningKey>> open_feed_key(const std::string& path) {
  TRY_ASSIGN(auto content, read_secret_file(path));
  if (!content) {
    TRY_ASSIGN(const jwt::SigningKey fresh, jwt::SigningKey::generate(jwt::Algorithm::kEdDsa));
    const auto created = create_secret_file(path, fresh.to_pem());
    if (!created && created.error().code != ErrorCode::kConflict) {
      return std::unexpected(created.error());
    }
    TRY_ASSIGN(content, read_secret_file(path));
  }
  if (!content) return fail(ErrorCode::kUnavailable, "cannot read " + path);
  auto key = jwt::SigningKey::from_pem(*content, jwt::Algorithm::kEdDsa);
  if (!key) return fail(ErrorCode::kInvalid, path + " is no feed key: " + key.error().message);
  return std::make_shared<const jwt::SigningKey>(*std::move(key));
}

}  // namespace rescind::authority
