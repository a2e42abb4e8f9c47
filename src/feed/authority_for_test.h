#pragma once
// For tests and the simulator: a feed's sending side in memory, with real signatures. A value that
// can be copied: a copy is a backup. One thread.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feed/manifest.h"
#include "feed/ports.h"

namespace rescind::feed {

inline constexpr std::string_view kTestIssuer = "https://auth.example";

// The same key for the same number, on every machine; never more than for tests.
std::shared_ptr<const jwt::SigningKey> test_key(int number);
std::shared_ptr<const jwt::KeySet> test_keys(std::initializer_list<int> numbers);

revocation::Revocation revoke_session(std::string id);
revocation::Revocation revoke_subject(std::string subject, revocation::Stamp cut);

class AuthorityForTest final : public BatchLog {
 public:
  // Begins the first term, with batch 1.
  explicit AuthorityForTest(std::shared_ptr<const jwt::SigningKey> key = test_key(0),
                            std::uint64_t term = 1000);

  WallTime now = wall_from_ms(1'800'000'000'000);  // stamps what is sealed; the test moves it

  // Each commits one batch and returns it.
  Sealed revoke(std::vector<revocation::Revocation> revocations, bool wants_receipt = false);
  Sealed set_rules(revocation::Rules rules);
  // Signs with `next` from then on, whose public half is announced under the old key.
  Sealed change_key(std::shared_ptr<const jwt::SigningKey> next);
  Sealed begin_term(std::uint64_t term);
  // A batch of a kind that nobody knows.
  Sealed future_kind(bool critical);

  // Lets go of all but the last `count` batches.
  void keep_tail(std::size_t count);

  Result<Head> head() override;
  Result<std::vector<Sealed>> read_after(Position after, std::size_t limit) override;
  Result<Snapshot> snapshot() override;

  std::string heartbeat() const;
  const Sealed& last() const { return log_.back(); }
  const std::vector<Sealed>& log() const { return log_; }
  const std::vector<Term>& terms() const { return terms_; }
  Position position() const { return position_; }
  const std::shared_ptr<const jwt::SigningKey>& key() const { return key_; }

 private:
  Batch next(Kind kind) const;
  Sealed commit(const Batch& batch);
  void remember(const Sealed& sealed);

  std::shared_ptr<const jwt::SigningKey> key_;
  std::vector<Sealed> log_;
  Position position_;
  Digest hash_{};
  std::vector<Term> terms_;
  std::shared_ptr<const revocation::Rules> rules_;
  std::vector<std::string> announcements_;
  std::vector<revocation::Entry> entries_;
};

}  // namespace rescind::feed
