#include "feed/manifest.h"

#include "base/json.h"
#include "feed/envelope.h"
#include "feed/fields.h"
#include "feed/keys.h"
#include "jwt/base64url.h"

namespace rescind::feed {
namespace {

constexpr json::Limits kLimits{.bytes = kMaxManifestBytes, .depth = 8, .members = 1U << 19U};
constexpr std::size_t kMaxAnnouncements = 1024;

void write_digest(json::Writer& out, const Digest& digest) {
  out.value(std::string_view(jwt::base64url_encode(digest)));
}

void write_terms(json::Writer& out, const std::vector<Term>& terms) {
  out.name("terms").array();
  for (const auto& term : terms) {
    out.object().member("term", term.term).member("first", term.first).name("previous");
    write_digest(out, term.previous);
    out.end();
  }
  out.end();
}

// Terms grow, and so do the numbers at which they began.
Result<std::vector<Term>> read_terms(json::Value object) {
  TRY_ASSIGN(const json::Value list, read_array(object, "terms"));
  std::vector<Term> terms;
  for (auto child = list.first(); child; child = child->next()) {
    Term term;
    TRY_ASSIGN(term.term, read_whole(*child, "term"));
    TRY_ASSIGN(term.first, read_whole(*child, "first"));
    TRY_ASSIGN(term.previous, read_digest(*child, "previous"));
    if (!terms.empty() && (term.term <= terms.back().term || term.first <= terms.back().first)) {
      return wrong_member("terms");
    }
    terms.push_back(term);
  }
  return terms;
}

Result<std::vector<Digest>> read_segments(json::Value object) {
  TRY_ASSIGN(const json::Value list, read_array(object, "segments"));
  std::vector<Digest> segments;
  for (auto child = list.first(); child; child = child->next()) {
    TRY_ASSIGN(const Digest digest, parse_digest(child->string().value_or("")));
    segments.push_back(digest);
  }
  return segments;
}

Result<std::vector<std::string>> read_announcements(json::Value object) {
  TRY_ASSIGN(const json::Value list, read_array(object, "announcements"));
  if (list.size() > kMaxAnnouncements) return wrong_member("announcements");
  std::vector<std::string> announcements;
  for (auto child = list.first(); child; child = child->next()) {
    const auto jws = child->string();
    if (!jws) return wrong_member("announcements");
    announcements.emplace_back(*jws);
  }
  return announcements;
}

Result<std::shared_ptr<const revocation::Rules>> read_rules(json::Value object) {
  TRY_ASSIGN(const json::Value value, read_object(object, "rules"));
  auto rules = revocation::parse_rules(value);
  if (!rules) return fail(ErrorCode::kCorrupt, std::move(rules.error().message));
  return std::make_shared<const revocation::Rules>(*std::move(rules));
}

// Version 1, and nothing in it that only a later program understands.
Result<void> check_version(json::Value object) {
  TRY_ASSIGN(const std::uint64_t version, read_whole(object, "v"));
  const auto required = object.find("requires");
  if (version != 1 || (required && (!required->is_array() || required->size() != 0))) {
    return fail(ErrorCode::kInvalid, "the snapshot needs a newer version of this program");
  }
  return {};
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  json::Writer out;
  out.object().member("v", 1).member("iss", std::string_view(manifest.issuer));
  out.member("feed", std::string_view(manifest.feed));
  out.member("term", manifest.position.term).member("number", manifest.position.number);
  out.name("head");
  write_digest(out, manifest.head);
  out.member("at", to_ms(manifest.at)).member("purge_time", to_ms(manifest.purge_time));
  write_terms(out, manifest.terms);
  out.name("rules").raw(manifest.rules ? revocation::to_json(*manifest.rules)
                                       : revocation::to_json(revocation::Rules{}));
  out.name("keys").array();
  for (const auto& jwk : manifest.keys) out.raw(jwk);
  out.end().name("announcements").array();
  for (const auto& jws : manifest.announcements) out.value(std::string_view(jws));
  out.end().name("segments").array();
  for (const auto& digest : manifest.segments) write_digest(out, digest);
  out.end().end();
  return out.take();
}

Result<Manifest> parse_manifest(std::string_view json_text) {
  json::Reader reader;
  const auto parsed = reader.parse(json_text, kLimits);
  if (!parsed || !parsed->is_object()) {
    return fail(ErrorCode::kCorrupt, "the manifest is not JSON of ours");
  }
  const json::Value root = *parsed;
  TRY(check_version(root));
  Manifest manifest;
  TRY_ASSIGN(manifest.issuer, read_text(root, "iss"));
  TRY_ASSIGN(manifest.feed, read_text(root, "feed"));
  TRY_ASSIGN(manifest.position, read_position(root));
  TRY_ASSIGN(manifest.head, read_digest(root, "head"));
  TRY_ASSIGN(manifest.at, read_time(root, "at"));
  TRY_ASSIGN(manifest.purge_time, read_time(root, "purge_time"));
  TRY_ASSIGN(manifest.terms, read_terms(root));
  TRY_ASSIGN(manifest.rules, read_rules(root));
  TRY_ASSIGN(manifest.keys, read_jwks(root, "keys"));
  TRY_ASSIGN(manifest.announcements, read_announcements(root));
  TRY_ASSIGN(manifest.segments, read_segments(root));
  if (!contains(manifest.terms, manifest.position, manifest.position)) {
    return wrong_member("terms");
  }
  return manifest;
}

Result<std::string> seal(const Manifest& manifest, const jwt::SigningKey& key) {
  if (manifest.announcements.size() > kMaxAnnouncements) {
    return fail(ErrorCode::kTooLarge, "too many announcements of keys");
  }
  // Else who takes its keys from this could believe nothing that comes after.
  TRY_ASSIGN(const auto keys, key_set_of(manifest.keys));
  if (keys->find(key.key_id()) == nullptr) {
    return fail(ErrorCode::kInvalid, "the manifest does not name the key that signs it");
  }
  std::string jws = jwt::sign_compact(key, kManifestType, to_json(manifest));
  if (jws.size() > kMaxManifestBytes) {
    return fail(ErrorCode::kTooLarge, "a manifest of more than 8 MiB");
  }
  return jws;
}

Result<Manifest> open_manifest(std::string_view jws, const jwt::KeySet& keys) {
  TRY_ASSIGN(const Envelope envelope, open_envelope(jws, kManifestType, kMaxManifestBytes));
  // Read first, believed only after the signature: the announcements in it are each signed
  // themselves.
  TRY_ASSIGN(Manifest manifest, parse_manifest(envelope.payload));
  const bool genuine = signed_by(jws, envelope.key_id, keys) ||
                       signed_by(jws, envelope.key_id, *extended(keys, manifest.announcements));
  if (!genuine) return fail(ErrorCode::kCorrupt, "the manifest is not signed by a key of the feed");
  return manifest;
}

bool contains(const std::vector<Term>& terms, Position head, Position position) {
  if (position == Position{}) return true;  // before the first: every history has it
  if (position > head) return false;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (terms[i].term != position.term) continue;
    const bool last = i + 1 == terms.size();
    return position.number >= terms[i].first &&
           (last ? position.number <= head.number : position.number < terms[i + 1].first);
  }
  return false;
}

}  // namespace rescind::feed
