#include "simulation/model_state.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/json.h"
#include "feed/envelope.h"
#include "jwt/base64url.h"
#include "jwt/jws.h"

namespace rescind::simulation {

const ModelState::Link* ModelState::find(std::uint64_t number) const {
  if (log.empty() || number < log.front().sealed.position.number) return nullptr;
  const std::uint64_t index = number - log.front().sealed.position.number;
  return index < log.size() ? &log[index] : nullptr;
}

void ModelState::forget(WallTime batches_before, WallTime purge_time) {
  const auto purged = static_cast<std::uint64_t>(to_seconds(purge_time));
  const bool batch_due = log.size() > 1 && log.front().at < batches_before;
  const bool entry_due =
      std::ranges::any_of(entries, [&](const auto& one) { return one.second.until < purged; });
  if (!batch_due && !entry_due) return;
  head.purge_time = purge_time;
  while (log.size() > 1 && log.front().at < batches_before) log.pop_front();
  std::erase_if(entries, [&](const auto& one) { return one.second.until < purged; });
}

void ModelGroup::run(const Change& change) {
  if (change.rules && *change.rules != *state_.rules) {
    state_.rules = std::make_shared<const revocation::Rules>(*change.rules);
    plan_.add(state_.rules);
  }
  if (change.bounds) state_.head.bounds = store::raised(state_.head.bounds, *change.bounds);
  if (change.revocation) add(*change.revocation);
  wants_receipt_ = wants_receipt_ || change.wants_receipt;
  future_ = std::max(future_, change.future);
}

void ModelGroup::add(revocation::Revocation revocation) {
  plan_.add(revocation);
  const revocation::Entry entry = entry_of(revocation);
  const auto [at, is_new] = state_.entries.try_emplace(entry.key, entry);
  revocation::Entry& joined = at->second;
  if (entry.cut) joined.cut = std::max(joined.cut, entry.cut);
  joined.until = std::max(joined.until, entry.until);
  joined.reason = std::max(joined.reason, entry.reason);
}

void ModelGroup::take(const store::PlannedBatch& planned, feed::Sealed sealed) {
  store::HeadRow& head = state_.head;
  if (planned.kind == feed::Kind::kTerm) {
    state_.terms.push_back(
        {.term = sealed.position.term, .first = sealed.position.number, .previous = head.hash});
  } else if (planned.kind == feed::Kind::kKeys) {
    state_.announced.push_back(
        {.number = sealed.position.number, .jws = sealed.jws, .keys = planned.keys});
  }
  head.position = sealed.position;
  head.hash = sealed.hash;
  head.at = at_;
  state_.log.push_back({.sealed = std::move(sealed), .at = at_});
}

void ModelGroup::seal(const jwt::SigningKey& key) {
  const auto& planned = plan_.batches();
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const feed::Batch batch{.kind = planned[i].kind,
                            .wants_receipt = wants_receipt_ && i + 1 == planned.size(),
                            .issuer = state_.head.issuer,
                            .feed = state_.head.feed,
                            .position = plan_.position(i),
                            .at = at_,
                            .previous = state_.head.hash,
                            .revocations = planned[i].revocations,
                            .rules = planned[i].rules,
                            .keys = planned[i].keys};
    auto sealed = feed::seal(batch, key);
    CHECK(sealed.has_value());
    take(planned[i], *std::move(sealed));
  }
  if (future_ != Change::Future::kNone) add_future(future_ == Change::Future::kCritical, key);
}

// What a later version might write (docs/formats.md).
void ModelGroup::add_future(bool is_critical, const jwt::SigningKey& key) {
  const feed::Position position{.term = state_.head.position.term,
                                .number = state_.head.position.number + 1};
  json::Writer out;
  out.object().member("iss", std::string_view(state_.head.issuer)).member("jti", "x");
  out.member("iat", to_seconds(at_)).name("events").object();
  out.name("urn:rescind:event:from-the-future").object().member("v", 1);
  out.member("feed", std::string_view(state_.head.feed)).member("term", position.term);
  out.member("number", position.number).member("at", to_ms(at_));
  out.member("previous", std::string_view(jwt::base64url_encode(state_.head.hash)));
  out.member("critical", is_critical).end().end().end();
  feed::Sealed sealed{
      .position = position, .hash = {}, .jws = jwt::sign_compact(key, feed::kWordType, out.text())};
  sealed.hash = sha256(sealed.jws);
  state_.needs_newer = state_.needs_newer || is_critical;
  take({.kind = feed::Kind::kUnknown}, std::move(sealed));
}

}  // namespace rescind::simulation
