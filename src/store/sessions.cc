#include "base/json.h"
#include "store/query.h"
#include "store/repositories.h"

namespace rescind::store {
namespace {

constexpr std::string_view kById =
    "SELECT id, subject, client_id, scope, audience, email, stamp_term, stamp_number, state, "
    "created, expires, last_access_expiry_seconds, address, user_agent FROM session "
    "WHERE id = ?1";
constexpr std::string_view kOfSubject =
    "SELECT id, subject, client_id, scope, audience, email, stamp_term, stamp_number, state, "
    "created, expires, last_access_expiry_seconds, address, user_agent FROM session "
    "WHERE subject = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
constexpr std::string_view kInsert =
    "INSERT INTO session (id, subject, client_id, scope, audience, email, stamp_term, "
    "stamp_number, state, created, expires, last_access_expiry_seconds, address, user_agent) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
constexpr std::string_view kEnd = "UPDATE session SET state = ?2 WHERE id = ?1 AND state = 0";
constexpr std::string_view kRaiseExpiry =
    "UPDATE session SET last_access_expiry_seconds = ?2 "
    "WHERE id = ?1 AND last_access_expiry_seconds < ?2";
// A session outlives its last access token, so that both can be named while either works.
constexpr std::string_view kForget =
    "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires < ?1 "
    "AND last_access_expiry_seconds < ?2 ORDER BY expires LIMIT ?3)";

std::string audience_json(const std::vector<std::string>& audience) {
  json::Writer writer;
  writer.array();
  for (const std::string& one : audience) writer.value(one);
  return writer.end().take();
}

Result<std::vector<std::string>> read_audience(std::string_view text) {
  json::Reader reader;
  TRY_ASSIGN(const json::Value root, reader.parse(text, {.bytes = 1U << 20U, .members = 4096}));
  std::vector<std::string> audience;
  for (auto child = root.first(); child; child = child->next()) {
    audience.emplace_back(child->string().value_or(""));
  }
  return audience;
}

Result<Session> read(const Query& row) {
  Session session;
  session.id = row.string(0);
  session.subject = row.string(1);
  session.client_id = row.string(2);
  session.scope = row.string(3);
  TRY_ASSIGN(session.audience, read_audience(row.text(4)));
  session.email = row.string(5);
  session.stamp = row.position(6);
  TRY_ASSIGN(session.state, row.enumeration(8, SessionState::kCompromised));
  session.created = row.time(9);
  session.expires = row.time(10);
  session.last_access_expiry = row.integer(11);
  session.address = row.string(12);
  session.user_agent = row.string(13);
  return session;
}

}  // namespace

Result<std::optional<Session>> Sessions::by_id(std::string_view id) {
  TRY_ASSIGN(Query rows, Query::make(database_, kById, id));
  return first(std::move(rows), read);
}

Result<std::vector<Session>> Sessions::of_subject(std::string_view subject, const Page& page) {
  TRY_ASSIGN(Query rows, Query::make(database_, kOfSubject, subject, page.after, page.rows()));
  return collect(std::move(rows), read);
}

Result<void> Sessions::insert(const Session& session) {
  TRY(run(database_, kInsert, session.id, session.subject, session.client_id, session.scope,
          audience_json(session.audience), session.email, session.stamp.term, session.stamp.number,
          session.state, session.created, session.expires, session.last_access_expiry,
          session.address, session.user_agent));
  return {};
}

Result<bool> Sessions::end(std::string_view id, SessionState state) {
  TRY_ASSIGN(const std::int64_t changed, run(database_, kEnd, id, state));
  return changed == 1;
}

Result<void> Sessions::raise_last_access_expiry(std::string_view id, std::int64_t expiry_seconds) {
  TRY(run(database_, kRaiseExpiry, id, expiry_seconds));
  return {};
}

Result<void> Sessions::forget_expired(WallTime before, std::size_t limit) {
  TRY(run(database_, kForget, before, to_seconds(before), limit));
  return {};
}

}  // namespace rescind::store
