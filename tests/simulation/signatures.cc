#include "simulation/signatures.h"

#include <dlfcn.h>
#include <sodium.h>

#include <array>
#include <cstring>
#include <map>

#include "base/check.h"

// libsodium's own functions under their own names: the program's come before the library's, so the
// product's calls end here, and the product knows nothing of it.
namespace rescind::simulation {
namespace {

using Point = std::array<unsigned char, crypto_core_ed25519_BYTES>;

Signatures chosen = Signatures::kReal;

template <typename Function>
Function* real(const char* name) {
  auto* const found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  CHECK(found != nullptr);
  return found;
}

void stand_in(unsigned char* signature, const unsigned char* message, unsigned long long size,
              const unsigned char* public_key) {
  CHECK(crypto_generichash(signature, crypto_sign_ed25519_BYTES, message, size, public_key,
                           crypto_sign_ed25519_PUBLICKEYBYTES) == 0);
}

}  // namespace

void use(Signatures signatures) { chosen = signatures; }

}  // namespace rescind::simulation

using rescind::simulation::chosen;
using rescind::simulation::real;
using rescind::simulation::Signatures;

extern "C" {

int crypto_sign_ed25519_detached(unsigned char* signature, unsigned long long* size_out,
                                 const unsigned char* message, unsigned long long size,
                                 const unsigned char* secret_key) {
  static auto* const really =
      real<decltype(crypto_sign_ed25519_detached)>("crypto_sign_ed25519_detached");
  if (chosen == Signatures::kReal) return really(signature, size_out, message, size, secret_key);
  // The second half of a secret key is the public one.
  rescind::simulation::stand_in(signature, message, size,
                                secret_key + crypto_sign_ed25519_SEEDBYTES);
  if (size_out != nullptr) *size_out = crypto_sign_ed25519_BYTES;
  return 0;
}

int crypto_sign_ed25519_verify_detached(const unsigned char* signature,
                                        const unsigned char* message, unsigned long long size,
                                        const unsigned char* public_key) {
  static auto* const really =
      real<decltype(crypto_sign_ed25519_verify_detached)>("crypto_sign_ed25519_verify_detached");
  if (chosen == Signatures::kReal) return really(signature, message, size, public_key);
  std::array<unsigned char, crypto_sign_ed25519_BYTES> good;
  rescind::simulation::stand_in(good.data(), message, size, public_key);
  return std::memcmp(good.data(), signature, good.size()) == 0 ? 0 : -1;
}

// The same few keys again and again.
int crypto_core_ed25519_is_valid_point(const unsigned char* p) {
  static auto* const really =
      real<decltype(crypto_core_ed25519_is_valid_point)>("crypto_core_ed25519_is_valid_point");
  static std::map<rescind::simulation::Point, int> known;
  rescind::simulation::Point point;
  std::memcpy(point.data(), p, point.size());
  const auto [at, is_new] = known.try_emplace(point, 0);
  if (is_new) at->second = really(p);
  return at->second;
}

}  // extern "C"
