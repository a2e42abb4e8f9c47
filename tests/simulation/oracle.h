#pragma once
// What is true, known to nobody in the world, and the promises (R1 to R4, R6 to R8, R10 to
// R12) that every decision and every step of a follower is held against. The order of things is
// that of one counter over all of the world, not of anybody's clock or position.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feed/manifest.h"
#include "revocation/index.h"
#include "simulation/world.h"

namespace rescind::simulation {

inline constexpr Milliseconds kLifetime{10'000};  // of an access token
inline constexpr Milliseconds kLeeway{3'000};

struct Token {
  std::string session;
  std::string user;
  revocation::Position stamp;
  WallTime expires{};       // by the authority's clock
  std::uint64_t began = 0;  // when the sign-in read its first fact
  // As a verifier asks the index; all that follows from the above is made by Oracle::mint().
  std::size_t id = 0;
  revocation::Key session_key{};
  revocation::Key user_key{};
};
const revocation::Key& issuer_key();

// What an index says of a token whose signature is good.
bool is_revoked(const revocation::Index& index, const Token& token);

struct Revoked {
  bool whole_user = false;
  std::string name;  // of the user or the session
  std::uint64_t submitted = 0;
  std::optional<std::uint64_t> acknowledged;  // in the order of things
  Time acknowledged_at{};
  bool failed = false;  // answered with an error: nothing was changed
  bool lost = false;    // with the history that it was in
};

enum class Verdict : std::uint8_t { kAccepted, kRevoked, kExpired, kNotFresh };

// A follower's state as the oracle sees it.
struct Seen {
  std::string name;
  const revocation::Index* index = nullptr;
  Milliseconds staleness{};
  Time started{};
  bool ready = false;
  bool clock_was_wrong = false;
  bool unconfirmed =
      false;  // its origin could not be asked: since its start, or for the time of a term
};

class Oracle {
 public:
  Oracle(World& world, Milliseconds slack) : world_(world), slack_(slack) {}

  // Facts.
  std::uint64_t tick() { return ++order_; }
  Token& mint(Token token);
  std::size_t submit(Revoked revoked);
  void acknowledge(std::size_t revoked);
  void fail(std::size_t revoked) { revocations_[revoked].failed = true; }
  void commit(const feed::Batch& batch);
  // The authority signs that it is so late.
  void says(WallTime at);
  // The authority goes on from a backup in which only so many revocations were acknowledged.
  void restore(std::uint64_t order_of_backup);
  // The authority has cut its own issuer.
  void cut_issuer();

  // Promises.
  void on_decision(const Seen& who, const Token& token, Verdict verdict);
  void on_step(const Seen& who);
  void on_ready(const Seen& who);
  // It has written a checkpoint; it starts again, with the last one or with nothing.
  void on_saved(const Seen& who);
  void on_restart(const std::string& who, bool has_checkpoint);
  void at_the_end(const std::vector<Seen>& followers);

  const std::vector<Token>& tokens() const { return tokens_; }
  const std::vector<Revoked>& revocations() const { return revocations_; }
  std::uint64_t order() const { return order_; }
  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t decisions() const { return decisions_; }
  std::uint64_t accepted() const { return accepted_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Memory {
    revocation::Position checked;   // R11 holds up to here
    bool has_seen_loss = false;     // it was, in this life, where the authority has never been
    WallTime purge_time{};          // R8: never falls
    WallTime saved_purge_time{};    // of the last checkpoint
    std::set<std::size_t> refused;  // tokens
    std::set<std::size_t> saved;    // of these, when the last checkpoint was written
    // Of these, what it had forgotten at its last restart and has not refused again. An old head
    // may be the first that it is told of: how old, is for R1 to judge.
    std::set<std::size_t> unsaved;
  };
  Milliseconds slack(const Seen& who) const;
  void violate(std::string_view promise, const Seen& who, const std::string& what);
  bool must_hit(const Revoked& revoked, const Token& token) const;
  bool may_hit(const Revoked& revoked, const Token& token) const;
  bool is_known_by(const Revoked& revoked, Time time) const;
  void check_accepted(const Seen& who, const Token& token);
  void check_refused(const Seen& who, const Token& token);
  void check_purge_time(const Seen& who, Memory& memory);
  void check_bounded(const Seen& who);
  void check_alike(const Seen& who, const Seen& first);
  bool holds(const Seen& who, const revocation::Entry& entry) const;

  World& world_;
  Milliseconds slack_;
  std::uint64_t order_ = 0;
  std::vector<Token> tokens_;
  std::vector<Revoked> revocations_;
  std::map<revocation::Position, std::vector<revocation::Entry>> committed_;
  std::vector<feed::Term> terms_;  // of the history that the authority is in
  revocation::Position head_;
  std::optional<std::uint64_t> issuer_cut_;       // in the history that the authority is in
  std::optional<std::uint64_t> issuer_cut_ever_;  // in any
  Time issuer_cut_at_{};
  bool has_restored_ = false;
  std::optional<revocation::Position> not_understood_;  // a critical batch of an unknown kind
  Milliseconds ahead_{0};  // how far the authority's words were ever ahead of this world's start
  std::map<std::string, Memory> memories_;
  std::vector<std::string> violations_;
  std::uint64_t decisions_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace rescind::simulation
