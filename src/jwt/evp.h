#pragma once
// What the rest of the folder needs of OpenSSL: owners, digests fetched once, and a context per
// thread and key. Private to src/jwt. Thread-safe.
//
// OpenSSL 3.0 looks an algorithm up by name at each use unless it was fetched, and setting up an
// EVP_PKEY_CTX costs as much as a tenth of an RSA verification: both are done once.

#include <array>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "jwt/algorithm.h"

using EVP_PKEY = struct evp_pkey_st;
using EVP_PKEY_CTX = struct evp_pkey_ctx_st;
using EVP_MD = struct evp_md_st;

namespace rescind::jwt {

struct PkeyDeleter {
  void operator()(EVP_PKEY* pkey) const;
};
struct PkeyContextDeleter {
  void operator()(EVP_PKEY_CTX* context) const;
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyDeleter>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, PkeyContextDeleter>;

// SHA-256, SHA-384 or SHA-512 by its size in bytes; lives as long as the process.
const EVP_MD* sha2(std::size_t size);

// A SHA-2 digest; `bytes()` has the size of its hash.
struct HashValue {
  std::array<std::uint8_t, 64> buffer;
  std::size_t size;
  ByteView bytes() const { return {buffer.data(), size}; }
};
// The digest of a followed by b, in a context of the calling thread: no allocation.
HashValue hash(std::size_t size, ByteView a, ByteView b = {});

// Sets up `context`, just made for signing or verifying, for the algorithm's hash and padding.
bool set_signature_parameters(EVP_PKEY_CTX* context, Algorithm algorithm);

// A context of the calling thread, ready to verify with `pkey` by `algorithm` (a pkey has one
// algorithm for life). Kept for the last keys that this thread has used. Null where OpenSSL is out
// of memory.
EVP_PKEY_CTX* verify_context(EVP_PKEY* pkey, Algorithm algorithm);

// What the last failed call of OpenSSL on this thread left in its queue would be read by the next
// user of that library (a TLS session of the host): wipe it.
void clear_openssl_errors();

}  // namespace rescind::jwt
