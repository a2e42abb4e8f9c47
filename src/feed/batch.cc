#include "feed/batch.h"

#include "base/json.h"
#include "feed/envelope.h"
#include "feed/fields.h"
#include "feed/kind.h"
#include "jwt/base64url.h"

namespace rescind::feed {
namespace {

void write_revocation(json::Writer& out, const revocation::Revocation& one,
                      std::string_view issuer) {
  out.object();
  if (one.target.issuer != issuer) out.member("iss", std::string_view(one.target.issuer));
  out.member("claim", std::string_view(one.target.claim)).name("value");
  if (const auto* text = std::get_if<std::string>(&one.target.value)) {
    out.value(std::string_view(*text));
  } else {
    out.value(std::get<std::int64_t>(one.target.value));
  }
  if (one.cut && one.cut->term == 0) {
    out.member("cut", one.cut->number);
  } else if (one.cut) {
    out.member("cut", std::string_view(revocation::to_string(*one.cut)));
  }
  if (one.until == revocation::kForever) {
    out.member("until", kForeverText);
  } else {
    out.member("until", one.until);
  }
  out.member("reason", revocation::to_string(one.reason)).end();
}

void write_content(json::Writer& out, const Batch& batch) {
  if (batch.kind == Kind::kRevocations) {
    out.name("revocations").array();
    for (const auto& one : batch.revocations) write_revocation(out, one, batch.issuer);
    out.end();
  } else if (batch.kind == Kind::kRules) {
    out.name("rules").raw(revocation::to_json(*batch.rules));
  } else if (batch.kind == Kind::kKeys) {
    out.name("keys").array();
    for (const auto& jwk : batch.keys) out.raw(jwk);
    out.end();
  }
}

// The claims of the SET (RFC 8417 2.2) up to the members of its one event.
json::Writer begin_set(std::string_view issuer, std::string_view id, WallTime at,
                       std::string_view event, std::string_view feed) {
  json::Writer out;
  out.object().member("iss", issuer).member("jti", id).member("iat", to_seconds(at));
  out.name("events").object().name(event).object();
  out.member("v", 1).member("feed", feed);
  return out;
}

Result<void> check_sealable(const Batch& batch) {
  if (batch.kind == Kind::kUnknown) return fail(ErrorCode::kInvalid, "a batch of no known kind");
  if (batch.kind == Kind::kRules && batch.rules == nullptr) {
    return fail(ErrorCode::kInvalid, "a rules batch without rules");
  }
  if (batch.kind == Kind::kKeys && (batch.keys.empty() || batch.keys.size() > kMaxFeedKeys)) {
    return fail(ErrorCode::kInvalid, "a keys batch with no key, or too many");
  }
  if (batch.issuer.empty() || batch.feed.empty() || batch.feed.size() > kMaxFeedNameBytes) {
    return fail(ErrorCode::kInvalid, "a batch without issuer or feed, or of too long a name");
  }
  if (batch.position.number == 0 || batch.position.number > kMaxWhole ||
      batch.position.term > kMaxWhole || to_ms(batch.at) < 0) {
    return fail(ErrorCode::kInvalid, "a batch's position or time is out of range");
  }
  if (batch.revocations.size() > kMaxBatchEntries) {
    return fail(ErrorCode::kTooLarge, "more than 4096 entries in one batch");
  }
  return {};
}

}  // namespace

Result<Sealed> seal(const Batch& batch, const jwt::SigningKey& key) {
  TRY(check_sealable(batch));
  const std::string id = batch.feed + "." + revocation::to_string(batch.position);
  json::Writer out = begin_set(batch.issuer, id, batch.at, event_of(batch.kind), batch.feed);
  out.member("term", batch.position.term).member("number", batch.position.number);
  out.member("at", to_ms(batch.at));
  out.member("previous", std::string_view(jwt::base64url_encode(batch.previous)));
  if (batch.critical) out.member("critical", true);
  if (batch.wants_receipt) out.member("receipt", true);
  write_content(out, batch);
  out.end().end().end();

  Sealed sealed{
      .position = batch.position, .hash = {}, .jws = jwt::sign_compact(key, kWordType, out.text())};
  if (sealed.jws.size() > kMaxBatchBytes) {
    return fail(ErrorCode::kTooLarge, "a batch of more than 512 KiB");
  }
  sealed.hash = sha256(sealed.jws);
  return sealed;
}

std::string seal(const Heartbeat& heartbeat, const jwt::SigningKey& key) {
  const std::string id = heartbeat.feed + ".heartbeat." + std::to_string(to_ms(heartbeat.at)) +
                         "." + revocation::to_string(heartbeat.head);
  json::Writer out = begin_set(heartbeat.issuer, id, heartbeat.at, kHeartbeatEvent, heartbeat.feed);
  out.member("at", to_ms(heartbeat.at)).name("head").object();
  out.member("term", heartbeat.head.term).member("number", heartbeat.head.number);
  out.member("hash", std::string_view(jwt::base64url_encode(heartbeat.hash))).end();
  out.end().end().end();
  return jwt::sign_compact(key, kWordType, out.text());
}

}  // namespace rescind::feed
