#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kTake =
    "INSERT INTO lease (transport, node, until, term, number) VALUES (?1, ?2, ?3, 0, 0) "
    "ON CONFLICT (transport) DO UPDATE SET node = excluded.node, until = excluded.until "
    "WHERE lease.node = excluded.node OR lease.until <= ?4";
constexpr std::string_view kPosition = "SELECT term, number FROM lease WHERE transport = ?1";
constexpr std::string_view kAdvance =
    "UPDATE lease SET until = ?3, term = ?4, number = ?5 WHERE transport = ?1 AND node = ?2";
constexpr std::string_view kRelease =
    "UPDATE lease SET until = 0 WHERE transport = ?1 AND node = ?2";

Result<revocation::Position> read(const Query& row) { return row.position(0); }

}  // namespace

Result<std::optional<revocation::Position>> Leases::take(std::string_view transport,
                                                         std::string_view node, WallTime now,
                                                         Milliseconds length) {
  TRY_ASSIGN(const std::int64_t taken, run(database_, kTake, transport, node, now + length, now));
  if (taken == 0) return std::optional<revocation::Position>();
  TRY_ASSIGN(Query row, Query::make(database_, kPosition, transport));
  return first(std::move(row), read);
}

Result<bool> Leases::advance(std::string_view transport, std::string_view node,
                             revocation::Position published, WallTime until) {
  TRY_ASSIGN(const std::int64_t ours,
             run(database_, kAdvance, transport, node, until, published.term, published.number));
  return ours > 0;
}

Result<void> Leases::release(std::string_view transport, std::string_view node) {
  TRY(run(database_, kRelease, transport, node));
  return {};
}

}  // namespace rescind::store
