#pragma once
// Issuers' public keys as a text that lies beside the index in shared memory
// (revocation::Index::set_keys), so that who reads it there needs no network. Never a secret: the
// keys of an issuer that shares one with us are left out. Pure, thread-safe.
//
//   {"version":1,"issuers":[{"issuer":"https://auth.example","jwks":{"keys":[{"kty":…},…]}},…]}

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "verifier/trusted_issuer.h"

namespace rescind::verifier {

std::string shared_keys_of(const TrustedIssuers& issuers);

struct SharedKeys {
  std::string issuer;
  std::shared_ptr<const jwt::KeySet> keys;  // never null; those that can be used
};
// kCorrupt where the text is none of this version. At most 256 issuers, 64 keys each; a key that
// this program cannot use is left out. An empty text: nobody.
Result<std::vector<SharedKeys>> parse_shared_keys(std::string_view text);

}  // namespace rescind::verifier
