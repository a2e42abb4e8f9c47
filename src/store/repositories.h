#pragma once
// The tables, one small class each: SQL in, records out. Inside a Transaction they write; over a
// connection of one's own they read. Errors are the Database's; kConflict where a name is taken.
// One thread, as the connection under them.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/limits.h"
#include "store/records.h"

namespace rescind::store {

struct Page {
  std::string after;        // cursor: the last row's id of the page before; empty: from the start
  std::size_t limit = 100;  // at most kMaxPage

  std::size_t rows() const { return std::min(limit, kMaxPage); }
};

class Accounts {
 public:
  explicit Accounts(Database& database) : database_(database) {}
  Result<std::optional<Account>> by_name(std::string_view name);
  Result<std::optional<Account>> by_id(std::string_view id);
  Result<std::vector<Account>> list(const Page& page);
  Result<void> insert(const Account& account);
  // By id; all but the name and the time of creation. kNotFound.
  Result<void> update(const Account& account);
  Result<std::int64_t> enabled_administrators();

 private:
  Database& database_;
};

class Clients {
 public:
  explicit Clients(Database& database) : database_(database) {}
  Result<std::optional<Client>> by_id(std::string_view id);
  Result<std::vector<Client>> list(const Page& page);
  Result<void> put(const Client& client);  // inserts or replaces

 private:
  Database& database_;
};

class Sessions {
 public:
  explicit Sessions(Database& database) : database_(database) {}
  Result<std::optional<Session>> by_id(std::string_view id);
  Result<std::vector<Session>> of_subject(std::string_view subject, const Page& page);
  Result<void> insert(const Session& session);
  // Only from kActive; false where it had ended before.
  Result<bool> end(std::string_view id, SessionState state);
  Result<void> raise_last_access_expiry(std::string_view id, std::int64_t expiry_seconds);
  // Lets go of up to `limit` sessions that ended, with all their tokens, before that time.
  Result<void> forget_expired(WallTime before, std::size_t limit);

 private:
  Database& database_;
};

class RefreshTokens {
 public:
  explicit RefreshTokens(Database& database) : database_(database) {}
  Result<std::optional<RefreshToken>> by_hash(const Digest& hash);
  Result<void> insert(const RefreshToken& token);
  // kActive → kRotated in one UPDATE whose row count decides: true for the one winner.
  Result<bool> rotate(const Digest& hash, WallTime at);
  // Its parent gets no grace any more.
  Result<void> mark_successor_used(const Digest& parent);

 private:
  Database& database_;
};

class SigningKeys {
 public:
  explicit SigningKeys(Database& database) : database_(database) {}
  Result<std::vector<SigningKeyRow>> all();
  Result<void> put(const SigningKeyRow& row);

 private:
  Database& database_;
};

// Which node publishes to a transport, and how far that has got.
class Leases {
 public:
  explicit Leases(Database& database) : database_(database) {}
  // Where it is free, past its time, or that node's already: what was published last.
  Result<std::optional<revocation::Position>> take(std::string_view transport,
                                                   std::string_view node, WallTime now,
                                                   Milliseconds length);
  // False where it is another's by now.
  Result<bool> advance(std::string_view transport, std::string_view node,
                       revocation::Position published, WallTime until);
  Result<void> release(std::string_view transport, std::string_view node);

 private:
  Database& database_;
};

// Signed requests that were committed: each counts once.
class Requests {
 public:
  explicit Requests(Database& database) : database_(database) {}
  // False where it is remembered already. It is forgotten some time after `expires_seconds`.
  Result<bool> remember(std::string_view client, std::string_view jti,
                        std::int64_t expires_seconds);

 private:
  Database& database_;
};

// Histories that this one does not contain.
class Losses {
 public:
  explicit Losses(Database& database) : database_(database) {}
  Result<void> insert(const Loss& loss);
  // Whether a recorded loss reaches that far.
  Result<bool> reaches(Position position);
  Result<std::optional<Loss>> latest();
  // Batch `number` of that loss is no longer missing, but the one before it, whose hash is
  // `previous`. Nothing where a later one still is: then both are taken for missing.
  Result<void> took_back(Position loss, std::uint64_t number, const Digest& previous);

 private:
  Database& database_;
};

// Entries (what is live) and records (what was done).
class Revocations {
 public:
  explicit Revocations(Database& database) : database_(database) {}
  // What is stored of a target, as the evaluator of refresh asks for it.
  Result<std::optional<revocation::Entry>> find(const revocation::Key& key);
  // What has not been forgotten at that time: until ≥ purge time.
  Result<std::vector<revocation::Entry>> live(WallTime purge_time);
  Result<std::optional<RevocationRecord>> record(std::string_view id);
  // Newest first. kInvalid: `after` is no record's id.
  Result<std::vector<RevocationRecord>> records(const Page& page);

 private:
  Database& database_;
};

}  // namespace rescind::store
