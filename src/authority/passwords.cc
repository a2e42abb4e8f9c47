#include "authority/passwords.h"

#include <sodium.h>

#include <array>

#include "authority/limits.h"
#include "base/check.h"

namespace rescind::authority {
namespace {

// OWASP Password Storage: argon2id, m = 19 MiB, t = 2, p = 1.
constexpr std::size_t kMemoryBytes = std::size_t{19} * 1024 * 1024;
constexpr unsigned long long kPasses = 2;

void use_sodium() {
  static const int ready = sodium_init();
  CHECK(ready >= 0);
}

Error too_many() {
  return {ErrorCode::kExhausted, "too many passwords are being checked; try again"};
}

// A callback that may be used on one of two ways, whichever comes: the pool's or the refusal's.
template <typename Done>
std::shared_ptr<Done> shared(Done done) {
  return std::make_shared<Done>(std::move(done));
}

}  // namespace

Result<void> check_new_password(const Secret& password) {
  if (password.size() < kMinPasswordBytes) {
    return fail(ErrorCode::kInvalid, "a password has at least 8 bytes");
  }
  if (password.size() > kMaxPasswordBytes) {
    return fail(ErrorCode::kInvalid, "a password has at most 1024 bytes");
  }
  return {};
}

Result<std::string> hash_password(const Secret& password) {
  use_sodium();
  std::array<char, crypto_pwhash_argon2id_STRBYTES> encoded{};
  const std::string_view text = password.expose();
  if (crypto_pwhash_argon2id_str(encoded.data(), text.data(), text.size(), kPasses, kMemoryBytes) !=
      0) {
    return fail(ErrorCode::kUnavailable, "no memory to hash a password");
  }
  return std::string(encoded.data());
}

bool password_matches(const Secret& password, const std::string& hash) {
  use_sodium();
  const std::string_view text = password.expose();
  return crypto_pwhash_argon2id_str_verify(hash.c_str(), text.data(), text.size()) == 0;
}

Result<std::unique_ptr<Passwords>> Passwords::open(Executor pool) {
  use_sodium();
  std::string random(32, '\0');
  randombytes_buf(random.data(), random.size());
  TRY_ASSIGN(std::string nobodys, hash_password(Secret(std::move(random))));
  return std::unique_ptr<Passwords>(new Passwords(std::move(pool), std::move(nobodys)));
}

void Passwords::verify(Secret password, std::string hash, Verified done) {
  auto answer = shared(std::move(done));
  const bool known = !hash.empty();
  if (!known) hash = nobodys_;
  const bool taken = pool_([password = std::move(password), hash = std::move(hash), known, answer] {
    const bool matches = password_matches(password, hash);
    (*answer)(matches&& known);
  });
  if (!taken) (*answer)(std::unexpected(too_many()));
}

void Passwords::hash(Secret password, Hashed done) {
  auto answer = shared(std::move(done));
  const bool taken =
      pool_([password = std::move(password), answer] { (*answer)(hash_password(password)); });
  if (!taken) (*answer)(std::unexpected(too_many()));
}

}  // namespace rescind::authority
