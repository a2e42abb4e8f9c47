#include "feed/authority_for_test.h"

#include "base/check.h"
#include "base/json.h"
#include "feed/envelope.h"
#include "feed/snapshot.h"
#include "jwt/base64url.h"

namespace rescind::feed {

// PKCS#8 of an Ed25519 private key is sixteen constant bytes and the seed (RFC 8410 7).
std::shared_ptr<const jwt::SigningKey> test_key(int number) {
  static std::map<int, std::shared_ptr<const jwt::SigningKey>> made;
  auto& key = made[number];
  if (key == nullptr) {
    static constexpr std::string_view kPrefix =
        "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    std::string der(std::string_view(kPrefix.data(), 16));
    der.append(text_of(sha256("rescind test key " + std::to_string(number))));
    // Standard base64 of 48 bytes has no padding; its alphabet differs in two characters.
    std::string body = jwt::base64url_encode(der);
    for (char& c : body) c = c == '-' ? '+' : c == '_' ? '/' : c;
    const Secret pem("-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n");
    auto loaded = jwt::SigningKey::from_pem(pem, jwt::Algorithm::kEdDsa);
    CHECK(loaded.has_value());
    key = std::make_shared<const jwt::SigningKey>(*std::move(loaded));
  }
  return key;
}

std::shared_ptr<const jwt::KeySet> test_keys(std::initializer_list<int> numbers) {
  std::vector<jwt::Key> keys;
  for (const int number : numbers) {
    json::Reader reader;
    const auto jwk = reader.parse(test_key(number)->public_key().public_jwk(), {});
    keys.push_back(*jwt::Key::from_jwk(*jwk, jwt::Algorithm::kEdDsa));
  }
  return std::make_shared<const jwt::KeySet>(std::move(keys));
}

revocation::Revocation revoke_session(std::string id) {
  return {.target = {.issuer = std::string(kTestIssuer),
                     .claim = std::string(revocation::claim::kSession),
                     .value = std::move(id)},
          .cut = std::nullopt,
          .until = 1'800'001'000,
          .reason = revocation::Reason::kSignedOut};
}

revocation::Revocation revoke_subject(std::string subject, revocation::Stamp cut) {
  return {.target = {.issuer = std::string(kTestIssuer),
                     .claim = std::string(revocation::claim::kSubject),
                     .value = std::move(subject)},
          .cut = cut,
          .until = 1'800'001'000,
          .reason = revocation::Reason::kRevoked};
}

AuthorityForTest::AuthorityForTest(std::shared_ptr<const jwt::SigningKey> key, std::uint64_t term)
    : key_(std::move(key)) {
  begin_term(term);
}

Batch AuthorityForTest::next(Kind kind) const {
  Batch batch;
  batch.kind = kind;
  batch.issuer = kTestIssuer;
  batch.feed = "default";
  batch.position = {.term = position_.term, .number = position_.number + 1};
  batch.at = now;
  batch.previous = hash_;
  return batch;
}

void AuthorityForTest::remember(const Sealed& sealed) {
  log_.push_back(sealed);
  position_ = sealed.position;
  hash_ = sealed.hash;
}

Sealed AuthorityForTest::commit(const Batch& batch) {
  now += Milliseconds(1);
  auto sealed = seal(batch, *key_);
  CHECK(sealed.has_value());
  for (const auto& one : batch.revocations) entries_.push_back(entry_of(one));
  remember(*sealed);
  return *sealed;
}

Sealed AuthorityForTest::revoke(std::vector<revocation::Revocation> revocations,
                                bool wants_receipt) {
  Batch batch = next(Kind::kRevocations);
  batch.revocations = std::move(revocations);
  batch.wants_receipt = wants_receipt;
  return commit(batch);
}

Sealed AuthorityForTest::set_rules(revocation::Rules rules) {
  Batch batch = next(Kind::kRules);
  rules_ = batch.rules = std::make_shared<const revocation::Rules>(std::move(rules));
  return commit(batch);
}

Sealed AuthorityForTest::change_key(std::shared_ptr<const jwt::SigningKey> next_key) {
  Batch batch = next(Kind::kKeys);
  batch.keys = {next_key->public_key().public_jwk()};
  Sealed sealed = commit(batch);
  announcements_.push_back(sealed.jws);
  key_ = std::move(next_key);
  return sealed;
}

Sealed AuthorityForTest::begin_term(std::uint64_t term) {
  Batch batch = next(Kind::kTerm);
  batch.position.term = term;
  terms_.push_back({.term = term, .first = batch.position.number, .previous = hash_});
  return commit(batch);
}

Sealed AuthorityForTest::future_kind(bool critical) {
  json::Writer out;
  out.object().member("iss", kTestIssuer).member("jti", "x").member("iat", 1).name("events");
  out.object().name("urn:rescind:event:from-the-future").object().member("v", 1);
  out.member("feed", "default").member("term", position_.term);
  out.member("number", position_.number + 1).member("at", to_ms(now));
  out.member("previous", std::string_view(jwt::base64url_encode(hash_)));
  out.member("critical", critical).end().end().end();
  Sealed sealed{.position = {.term = position_.term, .number = position_.number + 1},
                .hash = {},
                .jws = jwt::sign_compact(*key_, kWordType, out.text())};
  sealed.hash = sha256(sealed.jws);
  now += Milliseconds(1);
  remember(sealed);
  return sealed;
}

void AuthorityForTest::keep_tail(std::size_t count) {
  if (count < log_.size())
    log_.erase(log_.begin(), log_.end() - static_cast<std::ptrdiff_t>(count));
}

Result<Head> AuthorityForTest::head() {
  return Head{.position = position_, .hash = hash_, .at = now};
}

Result<std::vector<Sealed>> AuthorityForTest::read_after(Position after, std::size_t limit) {
  if (!contains(terms_, position_, after)) return fail(ErrorCode::kConflict, "not of this log");
  const std::uint64_t first = log_.front().position.number;
  if (after.number + 1 < first) return fail(ErrorCode::kGone, "let go");
  const std::size_t skip = std::min<std::size_t>(after.number + 1 - first, log_.size());
  const std::size_t count = std::min(limit, log_.size() - skip);
  const auto begin = log_.begin() + static_cast<std::ptrdiff_t>(skip);
  return std::vector<Sealed>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

Result<Snapshot> AuthorityForTest::snapshot() {
  Manifest manifest;
  manifest.issuer = kTestIssuer;
  manifest.feed = "default";
  manifest.position = position_;
  manifest.head = hash_;
  manifest.at = now;
  manifest.terms = terms_;
  manifest.rules = rules_;
  manifest.keys = {key_->public_key().public_jwk()};
  manifest.announcements = announcements_;
  // Of one target only the join is kept, as in every snapshot.
  std::map<std::pair<revocation::Key, bool>, revocation::Entry> joined;
  for (const auto& entry : entries_) {
    auto [at, is_new] = joined.try_emplace({entry.key, entry.cut.has_value()}, entry);
    if (entry.cut) at->second.cut = std::max(at->second.cut, entry.cut);
    at->second.until = std::max(at->second.until, entry.until);
    at->second.reason = std::max(at->second.reason, entry.reason);
  }
  std::vector<revocation::Entry> entries;
  for (const auto& [key, entry] : joined) entries.push_back(entry);
  return make_snapshot(std::move(manifest), std::move(entries), *key_);
}

std::string AuthorityForTest::heartbeat() const {
  return seal(Heartbeat{.issuer = std::string(kTestIssuer),
                        .feed = "default",
                        .head = position_,
                        .hash = hash_,
                        .at = now},
              *key_);
}

}  // namespace rescind::feed
