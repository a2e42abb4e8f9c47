#pragma once
// The tokens and keys of a comparison, and the folder by which all verifiers, in whatever language,
// are given the same ones. Of an algorithm A the folder holds
//   A.tokens   a token a line
//   A.pem      the public key (SubjectPublicKeyInfo); A.jwks the same as a key set
//   A.secret   in place of both for HS256: 32 bytes of text
// Pure but for the folder. What is wrong with it ends the program: it is the caller's mistake.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jwt/algorithm.h"
#include "jwt/key.h"

namespace rescind::bench {

inline constexpr const char* kIssuer = "https://auth.example.com";
inline constexpr const char* kAudience = "https://api.example.com";
inline constexpr const char* kKeyId = "bench-1";  // of HS256's key
inline constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";
// cpp-jwt and libjwt read no token of another type (RFC 9068 has "at+jwt").
inline constexpr const char* kType = "JWT";
inline constexpr jwt::Algorithm kCompared[] = {
    jwt::Algorithm::kRs256, jwt::Algorithm::kPs256, jwt::Algorithm::kEs256,
    jwt::Algorithm::kEdDsa, jwt::Algorithm::kHs256,
};

struct Claimed {
  const char* issuer = kIssuer;
  const char* audience = kAudience;
  std::int64_t expires_in = 7200;  // s
  std::string padding{};           // a claim of its own, to make the token as long as another
};
// The claims of the n-th token, 340 bytes or so.
std::string payload(std::uint64_t n, const Claimed& claimed = {});
// The `jti` of the n-th token.
std::string token_id(std::uint64_t n);
std::string hs256_token(std::string_view payload);

// The first token with the second's signature: who accepts it verifies nothing.
std::string forged(const std::vector<std::string>& tokens);

std::vector<std::string> read_lines(const std::string& file);
std::string read_file(const std::string& file);
// The keys of `algorithm` as the folder has them.
jwt::KeySet read_keys(const std::string& folder, jwt::Algorithm algorithm);

}  // namespace rescind::bench
