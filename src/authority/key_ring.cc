#include "authority/key_ring.h"

#include <algorithm>

#include "base/json.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

using store::KeyState;
using store::SigningKeyRow;

constexpr std::chrono::seconds kStep{1};

// Grows with every change, since keys are only added and only go forward: of two sets of rows the
// one that is further is newer.
std::uint64_t progress(const std::vector<SigningKeyRow>& rows) {
  std::uint64_t sum = 0;
  for (const SigningKeyRow& row : rows) sum += 1 + static_cast<std::uint64_t>(row.state);
  return sum;
}

std::string jwks_of(const std::vector<SigningKeyRow>& rows) {
  json::Writer out;
  out.object().name("keys").array();
  for (const SigningKeyRow& row : rows) {
    if (row.state != KeyState::kGone) out.raw(row.public_jwk);
  }
  out.end().end();
  return out.take();
}

Result<void> put_all(store::Transaction& transaction, const std::vector<SigningKeyRow>& changes,
                     KeyRing::Rows& rows) {
  for (const SigningKeyRow& row : changes) TRY(transaction.signing_keys().put(row));
  TRY_ASSIGN(rows, transaction.signing_keys().all());
  return {};
}

Result<std::shared_ptr<const jwt::SigningKey>> unseal(const SigningKeyRow& row,
                                                      const MasterKey& master) {
  const auto algorithm = jwt::algorithm_named(row.algorithm);
  if (!algorithm) return fail(ErrorCode::kCorrupt, "a signing key of an unknown algorithm");
  TRY_ASSIGN(const Secret pem, master.unseal(row.sealed_pem, row.id));
  TRY_ASSIGN(jwt::SigningKey key, jwt::SigningKey::from_pem(pem, *algorithm));
  return std::make_shared<const jwt::SigningKey>(std::move(key));
}

}  // namespace

KeyRing::KeyRing(jwt::Algorithm algorithm, const KeyPlan& plan, const MasterKey& master,
                 store::Committer& committer, Executor executor, Random& random, Log& log)
    : algorithm_(algorithm),
      plan_(plan),
      master_(master),
      committer_(committer),
      executor_(std::move(executor)),
      random_(random),
      log_(log) {
  auto empty = std::make_shared<TokenKeys>();
  empty->verification = std::make_shared<const jwt::KeySet>();
  empty->jwks = std::make_shared<const std::string>(jwks_of({}));
  const MutexLock lock(mutex_);
  current_ = std::move(empty);
}

KeyRing::~KeyRing() = default;

std::shared_ptr<const TokenKeys> KeyRing::current() const {
  const MutexLock lock(mutex_);
  return current_;
}

Result<void> KeyRing::adopt(const std::vector<SigningKeyRow>& rows) {
  const auto before = current();
  if (progress(rows) <= progress(before->rows)) return {};
  auto keys = std::make_shared<TokenKeys>();
  keys->rows = rows;
  keys->jwks = std::make_shared<const std::string>(jwks_of(rows));
  TRY_ASSIGN(auto parsed, jwt::KeySet::parse(*keys->jwks));
  keys->verification = std::make_shared<const jwt::KeySet>(std::move(parsed.keys));
  const auto active = std::ranges::find(rows, KeyState::kActive, &SigningKeyRow::state);
  if (active != rows.end()) {
    const bool known = before->active != nullptr && before->active->key_id() == active->id;
    if (known) {
      keys->active = before->active;
    } else {
      TRY_ASSIGN(keys->active, unseal(*active, master_));
    }
  }
  const MutexLock lock(mutex_);
  if (progress(rows) > progress(current_->rows)) current_ = std::move(keys);
  return {};
}

BootTime KeyRing::step(Now now) {
  const auto keys = current();
  const std::size_t spares = spares_needed(keys->rows, now.wall, plan_);
  const std::vector<SigningKeyRow> blanks(spares);
  if (advance_keys(keys->rows, now.wall, plan_, blanks).empty()) return now.boot + kStep;
  {
    const MutexLock lock(mutex_);
    if (busy_) return now.boot + kStep;
    busy_ = true;
  }
  if (spares == 0) {
    commit({});
  } else if (!executor_([this, spares] { make_and_commit(spares); })) {
    finished(fail(ErrorCode::kExhausted, "too many tokens are being signed"));
  }
  return now.boot + kStep;
}

Result<SigningKeyRow> KeyRing::make_spare() const {
  TRY_ASSIGN(const jwt::SigningKey key, jwt::SigningKey::generate(algorithm_));
  SigningKeyRow row;
  row.id = key.key_id();
  row.algorithm = to_string(algorithm_);
  row.sealed_pem = master_.seal(key.to_pem(), row.id, random_);
  row.public_jwk = key.public_key().public_jwk();
  return row;
}

void KeyRing::make_and_commit(std::size_t spares) {
  std::vector<SigningKeyRow> made;
  for (std::size_t i = 0; i < spares; ++i) {
    auto row = make_spare();
    if (!row) return finished(std::unexpected(row.error()));
    made.push_back(*std::move(row));
  }
  commit(std::move(made));
}

void KeyRing::commit(std::vector<SigningKeyRow> spares) {
  auto rows = std::make_shared<Rows>();
  committer_.submit(
      [this, rows, spares = std::move(spares)](store::Transaction& transaction) -> Result<void> {
        // Another node may have been first: what is due is decided on the rows as they are now.
        TRY_ASSIGN(const Rows stored, transaction.signing_keys().all());
        return put_all(transaction, advance_keys(stored, transaction.at(), plan_, spares), *rows);
      },
      [this, rows](const Result<store::Committer::Committed>& committed) {
        if (!committed) return finished(std::unexpected(committed.error()));
        finished(adopt(*rows));
      });
}

void KeyRing::finished(const Result<void>& result) {
  {
    const MutexLock lock(mutex_);
    busy_ = false;
  }
  if (!result) {
    log_.error("signing keys not advanced", {{"error", result.error().message}});
    return;
  }
  const auto keys = current();
  if (keys->active != nullptr) {
    log_.info("signing keys advanced", {{"active", keys->active->key_id()}});
  }
}

Result<void> KeyRing::rotate(store::Transaction& transaction, Rows& rows) const {
  TRY_ASSIGN(const Rows stored, transaction.signing_keys().all());
  const Rows changes = rotate_keys(stored, transaction.at(), plan_);
  if (changes.empty()) return fail(ErrorCode::kConflict, "there is no standby key to rotate to");
  return put_all(transaction, changes, rows);
}

Result<bool> KeyRing::remove(store::Transaction& transaction, std::string_view id, Rows& rows) {
  TRY_ASSIGN(const Rows stored, transaction.signing_keys().all());
  const Rows changes = remove_key(stored, id, transaction.at());
  if (changes.empty()) return false;
  TRY(put_all(transaction, changes, rows));
  return true;
}

}  // namespace rescind::authority
