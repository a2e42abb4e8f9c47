#include <utility>

#include "base/json.h"
#include "feed/batch.h"
#include "feed/envelope.h"
#include "feed/fields.h"
#include "feed/keys.h"
#include "feed/kind.h"

namespace rescind::feed {
namespace {

// 4,096 entries of at most 6 members each, and the words around them.
constexpr json::Limits kLimits{.bytes = kMaxBatchBytes, .depth = 12, .members = 32'768};

using revocation::Revocation;

Result<revocation::Value> read_value(json::Value object) {
  const auto found = object.find("value");
  if (!found) return wrong_member("value");
  if (const auto text = found->string()) return std::string(*text);
  if (const auto number = found->integer()) return *number;
  return wrong_member("value");
}

Result<revocation::UntilSeconds> read_until(json::Value object) {
  const auto found = object.find("until");
  if (found && found->string() == kForeverText) return revocation::kForever;
  return read_whole(object, "until");
}

// Exactly where entries of this claim have one: `"term.number"`, or a time in ms.
Result<std::optional<revocation::Stamp>> read_cut(json::Value object, std::string_view claim) {
  const auto found = object.find("cut");
  if (found.has_value() != revocation::has_cut(claim)) return wrong_member("cut");
  if (!found) return std::optional<revocation::Stamp>();
  if (const auto text = found->string()) {
    const auto position = revocation::parse_position(*text);
    if (!position) return wrong_member("cut");
    return position;
  }
  TRY_ASSIGN(const std::uint64_t ms, read_whole(object, "cut"));
  return revocation::stamp_of_ms(ms);
}

Result<Revocation> read_revocation(json::Value object, const std::string& issuer) {
  Revocation one;
  const auto other = object.find("iss");
  if (other && !other->is_string()) return wrong_member("iss");
  one.target.issuer = other ? std::string(*other->string()) : issuer;
  TRY_ASSIGN(one.target.claim, read_text(object, "claim"));
  TRY_ASSIGN(one.target.value, read_value(object));
  TRY_ASSIGN(one.cut, read_cut(object, one.target.claim));
  TRY_ASSIGN(one.until, read_until(object));
  TRY_ASSIGN(const std::string_view reason, read_text(object, "reason"));
  const auto named = revocation::reason_named(reason);
  if (!named) return wrong_member("reason");
  one.reason = *named;
  if (!revocation::check(one.target)) return wrong_member("value");
  return one;
}

Result<std::vector<Revocation>> read_revocations(json::Value event, const std::string& issuer) {
  TRY_ASSIGN(const json::Value list, read_array(event, "revocations"));
  if (list.size() > kMaxBatchEntries) return wrong_member("revocations");
  std::vector<Revocation> read;
  read.reserve(list.size());
  for (auto child = list.first(); child; child = child->next()) {
    if (!child->is_object()) return wrong_member("revocations");
    TRY_ASSIGN(Revocation one, read_revocation(*child, issuer));
    read.push_back(std::move(one));
  }
  return read;
}

Result<void> read_content(json::Value event, Batch& batch) {
  if (batch.kind == Kind::kRevocations) {
    TRY_ASSIGN(batch.revocations, read_revocations(event, batch.issuer));
  } else if (batch.kind == Kind::kRules) {
    TRY_ASSIGN(const json::Value rules, read_object(event, "rules"));
    auto parsed = revocation::parse_rules(rules);
    if (!parsed) return fail(ErrorCode::kCorrupt, std::move(parsed.error().message));
    batch.rules = std::make_shared<const revocation::Rules>(*std::move(parsed));
  } else if (batch.kind == Kind::kKeys) {
    TRY_ASSIGN(batch.keys, read_jwks(event, "keys"));
  }
  return {};
}

Result<bool> read_flag(json::Value event, std::string_view name) {
  const auto found = event.find(name);
  if (!found) return false;
  const auto truth = found->boolean();
  if (!truth) return wrong_member(name);
  return *truth;
}

Result<Batch> read_batch(json::Value event, std::string issuer, std::string feed) {
  Batch batch;
  batch.kind = kind_of(event.name());
  batch.issuer = std::move(issuer);
  batch.feed = std::move(feed);
  TRY_ASSIGN(batch.position, read_position(event));
  if (batch.position.number == 0) return wrong_member("number");
  TRY_ASSIGN(batch.at, read_time(event, "at"));
  TRY_ASSIGN(batch.previous, read_digest(event, "previous"));
  TRY_ASSIGN(batch.critical, read_flag(event, "critical"));
  TRY_ASSIGN(batch.wants_receipt, read_flag(event, "receipt"));
  TRY(read_content(event, batch));
  return batch;
}

Result<Heartbeat> read_heartbeat(json::Value event, std::string issuer, std::string feed) {
  Heartbeat heartbeat{
      .issuer = std::move(issuer), .feed = std::move(feed), .head = {}, .hash = {}, .at = {}};
  TRY_ASSIGN(heartbeat.at, read_time(event, "at"));
  TRY_ASSIGN(const json::Value head, read_object(event, "head"));
  TRY_ASSIGN(heartbeat.head, read_position(head));
  TRY_ASSIGN(heartbeat.hash, read_digest(head, "hash"));
  return heartbeat;
}

// The one event of ours in the SET; a word of ours has no other.
Result<json::Value> read_event(json::Value set) {
  TRY_ASSIGN(const json::Value events, read_object(set, "events"));
  const auto event = events.first();
  if (events.size() != 1 || !event->is_object() || !event->name().starts_with(kEventPrefix)) {
    return wrong_member("events");
  }
  TRY_ASSIGN(const std::uint64_t version, read_whole(*event, "v"));
  if (version != 1) return wrong_member("v");
  return *event;
}

}  // namespace

Result<Word> read_word(std::string_view jws) {
  TRY_ASSIGN(Envelope envelope, open_envelope(jws, kWordType, kMaxBatchBytes));
  json::Reader reader;
  const auto set = reader.parse(envelope.payload, kLimits);
  if (!set || !set->is_object())
    return fail(ErrorCode::kCorrupt, "the payload is not JSON of ours");
  TRY_ASSIGN(const json::Value event, read_event(*set));
  TRY_ASSIGN(const std::string_view issuer, read_text(*set, "iss"));
  TRY(read_text(*set, "jti"));
  TRY_ASSIGN(const std::string_view feed, read_text(event, "feed"));
  if (issuer.size() > revocation::kMaxIssuerBytes || feed.size() > kMaxFeedNameBytes) {
    return fail(ErrorCode::kCorrupt, "the name of the issuer or the feed is too long");
  }
  Word word{.content = {}, .key_id = std::move(envelope.key_id), .hash = sha256(jws)};
  if (event.name() == kHeartbeatEvent) {
    TRY_ASSIGN(word.content, read_heartbeat(event, std::string(issuer), std::string(feed)));
  } else {
    TRY_ASSIGN(word.content, read_batch(event, std::string(issuer), std::string(feed)));
  }
  return word;
}

}  // namespace rescind::feed
