#include "jwt/public_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace rescind::jwt {
namespace {

constexpr std::size_t kMaxDerSignature = 3 + 2 * (2 + 67);

bool is_zero(ByteView number) {
  return std::all_of(number.begin(), number.end(), [](std::uint8_t b) { return b == 0; });
}

// 1 ≤ number < order. Not in constant time: a signature is no secret.
bool in_range(ByteView number, const std::uint8_t* order) {
  return !is_zero(number) && std::memcmp(number.data(), order, number.size()) < 0;
}

// An ASN.1 INTEGER: the shortest form, with a zero in front where the high bit would say negative.
std::uint8_t* put_integer(std::uint8_t* out, ByteView number) {
  while (number.front() == 0) number = number.subspan(1);
  const bool pad = (number.front() & 0x80U) != 0;
  *out++ = 0x02;
  *out++ = static_cast<std::uint8_t>(number.size() + (pad ? 1 : 0));
  if (pad) *out++ = 0;
  return std::copy(number.begin(), number.end(), out);
}

struct DerSignature {
  std::array<std::uint8_t, kMaxDerSignature> buffer;
  std::size_t begin;
  std::size_t end;
};

// r || s as OpenSSL wants it: SEQUENCE { INTEGER r, INTEGER s }. Neither is zero.
DerSignature to_der(ByteView r, ByteView s) {
  DerSignature der;
  std::uint8_t* const body = der.buffer.data() + 3;
  const std::uint8_t* const end = put_integer(put_integer(body, r), s);
  const auto size = static_cast<std::uint8_t>(end - body);
  der.begin = size < 0x80 ? 1 : 0;
  der.end = std::size_t{size} + 3;
  der.buffer[der.begin] = 0x30;
  if (size >= 0x80) der.buffer[1] = 0x81;
  der.buffer[2] = size;
  return der;
}

}  // namespace

bool PublicKey::verify(Algorithm algorithm, std::string_view message, ByteView signature) const {
  switch (family(algorithm)) {
    case Family::kRsaPkcs1:
    case Family::kRsaPss:
      return verify_rsa(algorithm, message, signature);
    case Family::kEcdsa:
      return verify_ecdsa(algorithm, message, signature);
    case Family::kEd25519:
      return signature.size() == crypto_sign_ed25519_BYTES &&
             crypto_sign_ed25519_verify_detached(signature.data(), bytes_of(message).data(),
                                                 message.size(), ed25519_.data()) == 0;
    case Family::kHmac:
      return false;
  }
  return false;
}

bool PublicKey::verify_rsa(Algorithm algorithm, std::string_view message,
                           ByteView signature) const {
  if (signature.size() != signature_size_) return false;
  EVP_PKEY_CTX* const context = verify_context(pkey_.get(), algorithm);
  if (context == nullptr) return false;
  const HashValue digest = hash(hash_size(algorithm), bytes_of(message));
  const bool good = EVP_PKEY_verify(context, signature.data(), signature.size(),
                                    digest.buffer.data(), digest.size) == 1;
  if (!good) clear_openssl_errors();
  return good;
}

bool PublicKey::verify_ecdsa(Algorithm algorithm, std::string_view message,
                             ByteView signature) const {
  // RFC 7518 3.4: exactly r || s. The range is checked here, not left to the library
  // (CVE-2022-21449: r = s = 0 was good for every message).
  if (signature.size() != signature_size_) return false;
  const ByteView r = signature.first(signature_size_ / 2);
  const ByteView s = signature.last(signature_size_ / 2);
  if (!in_range(r, order_.data()) || !in_range(s, order_.data())) return false;
  EVP_PKEY_CTX* const context = verify_context(pkey_.get(), algorithm);
  if (context == nullptr) return false;
  const DerSignature der = to_der(r, s);
  const HashValue digest = hash(hash_size(algorithm), bytes_of(message));
  const bool good = EVP_PKEY_verify(context, der.buffer.data() + der.begin, der.end - der.begin,
                                    digest.buffer.data(), digest.size) == 1;
  if (!good) clear_openssl_errors();
  return good;
}

}  // namespace rescind::jwt
