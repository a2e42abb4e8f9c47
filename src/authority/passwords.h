#pragma once
// Passwords as argon2id hashes (RFC 9106) with the parameters that OWASP asks for: 19 MiB, two
// passes, one lane; a salt of 16 random bytes each. Hashes are encoded strings ("$argon2id$v=19$…")
// that carry their own parameters, so those may change later.
//
// One hash costs 20–40 ms of a core and 19 MiB while it runs: never on an event loop. `Passwords`
// is thread-safe and calls back on one of its pool's threads.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "authority/worker_pool.h"
#include "base/result.h"
#include "base/secret.h"

namespace rescind::authority {

// kInvalid: shorter or longer than limits.h says, or not UTF-8.
Result<void> check_new_password(const Secret& password);

Result<std::string> hash_password(const Secret& password);
// In time that does not depend on how much of it is right. False for a damaged hash too.
bool password_matches(const Secret& password, const std::string& hash);

class Passwords {
 public:
  // `pool` outlives this. kInternal where there is no memory for a hash.
  static Result<std::unique_ptr<Passwords>> open(Executor pool);

  using Verified = std::move_only_function<void(Result<bool>)>;
  using Hashed = std::move_only_function<void(Result<std::string>)>;
  // `hash` empty (no such user, or one without a password): compares with a hash of nobody's, so
  // that it takes as long, and answers false. kExhausted, at once and on the caller's thread, where
  // too many wait.
  void verify(Secret password, std::string hash, Verified done);
  void hash(Secret password, Hashed done);

 private:
  Passwords(Executor pool, std::string nobodys)
      : pool_(std::move(pool)), nobodys_(std::move(nobodys)) {}

  Executor pool_;
  const std::string nobodys_;
};

}  // namespace rescind::authority
