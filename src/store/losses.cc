#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO loss (term, number, at, recovered_term, was_cut, proof, late_until, "
    "missing_number, missing_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
// Later histories have greater terms, so whatever lies below a recorded loss was lost with it.
constexpr std::string_view kReaching =
    "SELECT 1 FROM loss WHERE (term, number) >= (?1, ?2) LIMIT 1";
constexpr std::string_view kLatest =
    "SELECT term, number, at, recovered_term, was_cut, proof, late_until, missing_number, "
    "missing_hash FROM loss ORDER BY recovered_term DESC LIMIT 1";
constexpr std::string_view kTookBack =
    "UPDATE loss SET missing_number = ?3 - 1, missing_hash = ?4 "
    "WHERE term = ?1 AND number = ?2 AND missing_number = ?3";

Result<Loss> read(const Query& row) {
  Loss loss{.position = row.position(0),
            .at = row.time(2),
            .recovered_term = row.count(3),
            .was_cut = row.truth(4),
            .proof = row.string(5),
            .late = std::nullopt};
  if (row.is_null(6)) return loss;
  loss.late = Loss::Late{.until = row.time(6), .missing_number = row.count(7), .missing_hash = {}};
  TRY_ASSIGN(loss.late->missing_hash, row.digest(8));
  return loss;
}

}  // namespace

Result<void> Losses::insert(const Loss& loss) {
  std::optional<WallTime> until;
  std::optional<std::uint64_t> number;
  std::optional<Digest> hash;
  if (loss.late) {
    until = loss.late->until;
    number = loss.late->missing_number;
    hash = loss.late->missing_hash;
  }
  TRY(run(database_, kInsert, loss.position.term, loss.position.number, loss.at,
          loss.recovered_term, loss.was_cut, loss.proof, until, number, hash));
  return {};
}

Result<bool> Losses::reaches(Position position) {
  TRY_ASSIGN(Query rows, Query::make(database_, kReaching, position.term, position.number));
  return rows.next();
}

Result<std::optional<Loss>> Losses::latest() {
  TRY_ASSIGN(Query row, Query::make(database_, kLatest));
  return first(std::move(row), read);
}

Result<void> Losses::took_back(Position loss, std::uint64_t number, const Digest& previous) {
  TRY(run(database_, kTookBack, loss.term, loss.number, number, previous));
  return {};
}

}  // namespace rescind::store
