#pragma once
// The least that verifying can cost: OpenSSL's signature check and nothing else. Key and context
// are made once; the token is split, decoded and (ECDSA) turned into DER beforehand. One thread.

#include <memory>
#include <string>
#include <vector>

#include "jwt/algorithm.h"

using EVP_PKEY = struct evp_pkey_st;
using EVP_PKEY_CTX = struct evp_pkey_ctx_st;
using EVP_MD_CTX = struct evp_md_ctx_st;
using EVP_MAC_CTX = struct evp_mac_ctx_st;

namespace rescind::bench {

struct SignedText {
  std::string text;
  std::string signature;  // as OpenSSL wants it
};

class BareVerify {
 public:
  // Reads the algorithm's tokens and key in `folder` (tokens.h).
  BareVerify(const std::string& folder, jwt::Algorithm algorithm);
  ~BareVerify();
  BareVerify(const BareVerify&) = delete;
  BareVerify& operator=(const BareVerify&) = delete;

  // True where the n-th token's signature is good.
  bool verify(std::size_t n);
  // The same by libsodium; EdDSA alone.
  bool verify_by_sodium(std::size_t n) const;

 private:
  void prepare_public_key(const std::string& pem);
  void prepare_secret(const std::string& secret);
  bool verify_digest(const SignedText& signed_text);
  bool verify_ed25519(const SignedText& signed_text);
  bool verify_hmac(const SignedText& signed_text);

  jwt::Algorithm algorithm_;
  std::vector<SignedText> signed_;
  EVP_PKEY* pkey_ = nullptr;
  EVP_PKEY_CTX* context_ = nullptr;  // RSA and ECDSA
  EVP_MD_CTX* hash_ = nullptr;
  EVP_MAC_CTX* mac_ = nullptr;
  std::string ed25519_;
};

}  // namespace rescind::bench
