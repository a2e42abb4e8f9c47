#pragma once
// The tables of the log: batches, terms, rules, announced keys. Written by the committer,
// read by it and by StoreLog. One thread, as the connection.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feed/manifest.h"
#include "store/database.h"
#include "store/records.h"

namespace rescind::store {

Result<void> insert_batch(Database& database, const feed::Sealed& sealed, WallTime at);
// Up to `limit`, in order, from the first that is kept and greater than `number`.
Result<std::vector<feed::Sealed>> batches_after(Database& database, std::uint64_t number,
                                                std::size_t limit);
Result<std::optional<feed::Sealed>> find_batch(Database& database, std::uint64_t number);
// The number of the oldest that is kept.
Result<std::optional<std::uint64_t>> oldest_batch(Database& database);
// Lets go of up to `limit` of the oldest that are older than `before`, never of the head. How many.
Result<std::size_t> forget_batches(Database& database, WallTime before, std::size_t limit);

Result<void> insert_term(Database& database, const feed::Term& term);
Result<std::vector<feed::Term>> read_terms(Database& database);

Result<void> put_rules(Database& database, const revocation::Rules& rules, std::uint64_t number);
// Empty rules where none were set.
Result<std::shared_ptr<const revocation::Rules>> read_rules(Database& database);

// How keys of the feed were announced: `keys` are the public JWKs from that batch on.
struct Announcement {
  std::uint64_t number = 0;
  std::string jws;
  std::vector<std::string> keys;
};
Result<void> insert_announcement(Database& database, const Announcement& announcement);
Result<std::vector<Announcement>> read_announcements(Database& database);

}  // namespace rescind::store
