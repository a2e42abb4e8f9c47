#pragma once
// What is revoked now and what was done, as rows: the writing half, for the committer alone (an
// operation revokes through its Transaction, which publishes too). One thread.

#include <string>

#include "store/database.h"
#include "store/records.h"

namespace rescind::store {

// Joins it to what is stored of its target: largest cut, largest until, gravest reason.
Result<void> join_entry(Database& database, const revocation::Revocation& revocation);

// `ordinal` tells records of one batch apart; record.id is not read.
Result<void> insert_record(Database& database, const RevocationRecord& record, std::size_t ordinal);

// "term.number.ordinal": what RevocationRecord::id is.
std::string record_id(Position position, std::size_t ordinal);

}  // namespace rescind::store
