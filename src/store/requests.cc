#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kRemember =
    "INSERT INTO request_seen (client_id, jti, expires_seconds) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (client_id, jti) DO NOTHING";

}  // namespace

Result<bool> Requests::remember(std::string_view client, std::string_view jti,
                                std::int64_t expires_seconds) {
  TRY_ASSIGN(const std::int64_t rows, run(database_, kRemember, client, jti, expires_seconds));
  return rows > 0;
}

}  // namespace rescind::store
