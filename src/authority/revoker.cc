#include "authority/revoker.h"

#include <algorithm>
#include <charconv>

#include "authority/limits.h"
#include "authority/session_end.h"
#include "authority/until.h"
#include "store/repositories.h"

namespace rescind::authority {
namespace {

namespace claim = revocation::claim;

bool always_revocable(std::string_view name) {
  return name == claim::kTokenId || name == claim::kSession || name == claim::kSubject ||
         name == claim::kClient || name == claim::kKeyId || name == claim::kIssuer;
}

std::unexpected<Error> wrong_cut() {
  return fail(ErrorCode::kInvalid,
              "a cut is a position (term.number) of our own issuer, a time in ms of another");
}

std::optional<std::int64_t> milliseconds(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size() || ms < 0) return std::nullopt;
  return ms;
}

}  // namespace

// What can be said without the store.
Result<void> Revoker::check(Order& order) const {
  const revocation::IssuerRules* rules = rules_.find(order.target.issuer);
  if (rules == nullptr) return fail(ErrorCode::kInvalid, "no rules for this issuer");
  std::string& name = order.target.claim;
  if (std::ranges::find(rules->session_claims, name) != rules->session_claims.end()) {
    name = claim::kSession;  // whatever carries the issuer's session
  }
  if (!always_revocable(name) &&
      std::ranges::find(rules->revocable_claims, name) == rules->revocable_claims.end()) {
    return fail(ErrorCode::kInvalid, "the issuer's rules do not declare this claim");
  }
  if (name == claim::kIssuer && revocation::to_string(order.target.value) != rules->issuer) {
    return fail(ErrorCode::kInvalid, "the value of an `iss` target is the issuer itself");
  }
  if (order.cut && !revocation::has_cut(name)) {
    return fail(ErrorCode::kInvalid, "jti, sid and kid are revoked as a whole, without a cut");
  }
  return revocation::check(order.target);
}

Result<revocation::Revocation> Revoker::complete(store::Transaction& transaction,
                                                 const Order& order) const {
  const revocation::IssuerRules& rules = *rules_.find(order.target.issuer);
  revocation::Revocation revocation;
  revocation.target = order.target;
  revocation.reason = order.reason;
  const std::int64_t now_ms = to_ms(transaction.at());
  if (is_ours(order)) {
    revocation.until =
        order.expires_at ? until_expiry(*order.expires_at) : until_of_ours(transaction);
    if (order.cut) {
      revocation.cut = revocation::parse_position(*order.cut);
      if (!revocation.cut) return wrong_cut();
      if (*revocation.cut > transaction.committed_head()) {
        return fail(ErrorCode::kInvalid, "a cut that lies ahead would refuse who signs in later");
      }
    }
  } else {
    revocation.until = until_of_foreign(transaction.at(), rules, order.target.claim);
    if (revocation::has_cut(order.target.claim)) {
      std::int64_t cut = now_ms + Milliseconds(foreign_skew_).count();
      if (order.cut) {
        const auto given = milliseconds(*order.cut);
        if (!given) return wrong_cut();
        if (*given > now_ms) return fail(ErrorCode::kInvalid, "a cut that lies ahead");
        cut = *given;
      }
      revocation.cut = revocation::stamp_of_ms(static_cast<std::uint64_t>(cut));
    }
  }
  if (order.target.claim == claim::kKeyId) revocation.until = revocation::kForever;
  return revocation;
}

// Sessions of ours that it ends are marked so; a session's `until` follows from its last token.
Result<void> Revoker::end_rows(store::Transaction& transaction, const Order& order,
                               revocation::Revocation& revocation) const {
  const std::string value = revocation::to_string(order.target.value);
  const store::SessionState state = state_of(order.reason);
  if (order.target.claim == claim::kSession) {
    TRY_ASSIGN(const auto session, transaction.sessions().by_id(value));
    if (!session) return {};
    TRY(transaction.sessions().end(session->id, state));
    revocation.until = until_expiry(session->last_access_expiry);
  } else if (order.target.claim == claim::kSubject && !order.cut) {
    store::Page page{.after = {}, .limit = kMaxSessionsEnded};
    TRY_ASSIGN(const auto sessions, transaction.sessions().of_subject(value, page));
    for (const store::Session& session : sessions) {
      TRY(transaction.sessions().end(session.id, state));
    }
  }
  return {};
}

Result<Revoker::Revoked> Revoker::apply(store::Transaction& transaction, const Order& order,
                                        KeyRing::Rows& rows) const {
  TRY_ASSIGN(revocation::Revocation revocation, complete(transaction, order));
  if (is_ours(order)) TRY(end_rows(transaction, order, revocation));
  if (is_ours(order) && order.target.claim == claim::kKeyId) {
    TRY(KeyRing::remove(transaction, revocation::to_string(order.target.value), rows));
  }
  if (order.want_receipts) transaction.want_receipts();
  TRY_ASSIGN(const Position position,
             transaction.revoke(std::move(revocation), order.actor, order.note));
  return Revoked{transaction.last_record(), position};
}

void Revoker::revoke(std::vector<Order> orders, Done<std::vector<Revoked>> done, First first) {
  for (Order& order : orders) {
    if (auto checked = check(order); !checked) return done(std::unexpected(checked.error()));
  }
  auto rows = std::make_shared<KeyRing::Rows>();
  commit<std::vector<Revoked>>(
      core_.committer,
      [this, orders = std::move(orders), rows,
       first = std::move(first)](store::Transaction& transaction) -> Result<std::vector<Revoked>> {
        if (first) TRY(first(transaction));
        std::vector<Revoked> revoked;
        revoked.reserve(orders.size());
        for (const Order& order : orders) {
          TRY_ASSIGN(Revoked one, apply(transaction, order, *rows));
          revoked.push_back(std::move(one));
        }
        return revoked;
      },
      [this, rows, done = std::move(done)](Result<Stored<std::vector<Revoked>>> revoked) mutable {
        if (!revoked) return done(std::unexpected(std::move(revoked).error()));
        core_.counters.revocations.add(revoked->value.size());
        if (!rows->empty()) {
          if (const auto adopted = keys_.adopt(*rows); !adopted) {
            core_.log.error("signing keys not adopted", {{"error", adopted.error().message}});
          }
        }
        done(std::move(revoked->value));
      });
}

}  // namespace rescind::authority
