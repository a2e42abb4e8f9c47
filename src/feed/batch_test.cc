#include "feed/batch.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "feed/authority_for_test.h"
#include "feed/envelope.h"
#include "jwt/base64url.h"

namespace rescind::feed {
namespace {

Batch full_batch() {
  Batch batch;
  batch.issuer = kTestIssuer;
  batch.feed = "default";
  batch.position = {.term = 1'763'800'000'000, .number = 42};
  batch.at = wall_from_ms(1'763'800'012'123);
  batch.previous = sha256("the batch before");
  batch.revocations = {revoke_session("s-1"), revoke_subject("alice", batch.position)};
  batch.revocations.push_back({.target = {"https://idp.example", "sub", std::int64_t{77}},
                               .cut = revocation::stamp_of_ms(1'763'800'011'000),
                               .until = 1'763'900'000,
                               .reason = revocation::Reason::kCompromised});
  batch.revocations.push_back({.target = {std::string(kTestIssuer), "kid", "es-1"},
                               .cut = std::nullopt,
                               .until = revocation::kForever,
                               .reason = revocation::Reason::kCompromised});
  return batch;
}

Batch read_batch(const Sealed& sealed) {
  const auto word = read_word(sealed.jws);
  EXPECT_TRUE(word.has_value()) << (word ? "" : word.error().message);
  EXPECT_EQ(word->hash, sealed.hash);
  return std::get<Batch>(word->content);
}

// The payload of a good batch with one piece of its text replaced, signed with the right key.
std::string resealed_with(std::string_view piece, std::string_view replacement) {
  const auto sealed = seal(full_batch(), *test_key(0));
  auto payload = open_envelope(sealed->jws, kWordType, kMaxBatchBytes)->payload;
  const auto at = payload.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  payload.replace(at, piece.size(), replacement);
  return jwt::sign_compact(*test_key(0), kWordType, payload);
}

TEST(Batch, IsReadAsItWasSealed) {
  const Batch batch = full_batch();
  const auto sealed = seal(batch, *test_key(0));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->hash, sha256(sealed->jws));
  const Batch read = read_batch(*sealed);
  EXPECT_EQ(read.kind, Kind::kRevocations);
  EXPECT_EQ(read.issuer, batch.issuer);
  EXPECT_EQ(read.feed, batch.feed);
  EXPECT_EQ(read.position, batch.position);
  EXPECT_EQ(read.at, batch.at);
  EXPECT_EQ(read.previous, batch.previous);
  EXPECT_EQ(read.revocations, batch.revocations);
  EXPECT_FALSE(read.critical);
  EXPECT_FALSE(read.wants_receipt);
}

TEST(Batch, OfRulesIsReadAsItWasSealed) {
  Batch batch = full_batch();
  batch.kind = Kind::kRules;
  batch.revocations.clear();
  batch.wants_receipt = true;
  revocation::Rules rules;
  rules.issuers.push_back({.issuer = std::string(kTestIssuer),
                           .stamps = revocation::StampKind::kPosition,
                           .session_claims = {"sid"},
                           .revocable_claims = {"tenant"},
                           .longest_lifetime = std::chrono::hours(1),
                           .longest_session = std::chrono::hours(720)});
  batch.rules = std::make_shared<const revocation::Rules>(rules);
  const Batch read = read_batch(*seal(batch, *test_key(0)));
  EXPECT_EQ(read.kind, Kind::kRules);
  EXPECT_TRUE(read.wants_receipt);
  ASSERT_NE(read.rules, nullptr);
  EXPECT_EQ(*read.rules, rules);
}

TEST(Batch, OfKeysIsReadAsItWasSealed) {
  Batch batch = full_batch();
  batch.kind = Kind::kKeys;
  batch.revocations.clear();
  batch.keys = {test_key(1)->public_key().public_jwk(), test_key(2)->public_key().public_jwk()};
  const Batch read = read_batch(*seal(batch, *test_key(0)));
  EXPECT_EQ(read.kind, Kind::kKeys);
  EXPECT_EQ(read.keys, batch.keys);
}

TEST(Batch, TakesAsManyEntriesAsTheLimitAndNotOneMore) {
  Batch batch = full_batch();
  batch.revocations.assign(kMaxBatchEntries, revoke_session("s"));
  const auto sealed = seal(batch, *test_key(0));
  ASSERT_TRUE(sealed.has_value()) << sealed.error().message;
  EXPECT_EQ(read_batch(*sealed).revocations.size(), kMaxBatchEntries);
  batch.revocations.push_back(revoke_session("s"));
  EXPECT_EQ(seal(batch, *test_key(0)).error().code, ErrorCode::kTooLarge);
}

TEST(Batch, IsNotSealedPastItsBytes) {
  Batch batch = full_batch();
  batch.revocations.assign(1024, revoke_session(std::string(500, 'x')));
  EXPECT_EQ(seal(batch, *test_key(0)).error().code, ErrorCode::kTooLarge);
  batch.revocations.resize(512);
  EXPECT_TRUE(seal(batch, *test_key(0)).has_value());
}

TEST(Batch, IsSignedByItsKeyAlone) {
  const auto sealed = seal(full_batch(), *test_key(0));
  const auto word = read_word(sealed->jws);
  EXPECT_TRUE(signed_by(sealed->jws, word->key_id, *test_keys({1, 0})));
  EXPECT_FALSE(signed_by(sealed->jws, word->key_id, *test_keys({1})));
  EXPECT_FALSE(signed_by(sealed->jws, test_key(1)->key_id(), *test_keys({0, 1})));
}

TEST(Batch, WithAnyBitFlippedIsNotSigned) {
  const auto sealed = seal(full_batch(), *test_key(0));
  const auto keys = test_keys({0});
  for (std::size_t i = 0; i < sealed->jws.size(); i += 7) {
    std::string jws = sealed->jws;
    jws[i] = static_cast<char>(jws[i] ^ 0x01);
    const auto word = read_word(jws);
    EXPECT_FALSE(word && signed_by(jws, word->key_id, *keys)) << "byte " << i;
  }
}

TEST(Batch, MayHaveMembersThatNobodyKnows) {
  const auto word = read_word(resealed_with("\"v\":1", "\"v\":1,\"later\":{\"a\":[1,2]}"));
  ASSERT_TRUE(word.has_value()) << word.error().message;
  EXPECT_EQ(std::get<Batch>(word->content).revocations, full_batch().revocations);
}

TEST(Batch, OfAnUnknownKindIsReadWithItsPosition) {
  for (const bool critical : {false, true}) {
    AuthorityForTest authority;
    const auto sealed = authority.future_kind(critical);
    const Batch read = read_batch(sealed);
    EXPECT_EQ(read.kind, Kind::kUnknown);
    EXPECT_EQ(read.critical, critical);
    EXPECT_EQ(read.position, sealed.position);
    EXPECT_EQ(seal(read, *test_key(0)).error().code, ErrorCode::kInvalid);
  }
}

struct Change {
  const char* piece;
  const char* replacement;
};

TEST(Batch, WithAWrongMemberIsRefused) {
  const Change kChanges[] = {
      {"\"number\":42", "\"number\":9223372036854775807"},
      {"\"number\":42", "\"number\":-42"},
      {"\"number\":42", "\"number\":0"},
      {"\"number\":42", "\"number\":42.0"},
      {"\"number\":42", "\"number\":\"42\""},
      {"\"number\":42", "\"number\":42,\"number\":43"},
      {"\"term\":1763800000000", "\"term\":9007199254740992"},
      {"\"v\":1", "\"v\":2"},
      {"\"feed\":\"default\"", "\"feed\":7"},
      {"\"previous\":\"", "\"previous\":\"A"},
      {"\"revocations\":[", "\"revocations\":[7,"},
      {"urn:rescind:event:", "urn:other:event:"},
      {"\"iss\":\"https://auth.example\"", "\"iss\":null"},
      {"\"jti\":", "\"jit\":"},
      {"\"until\":1800001000", "\"until\":-1"},
      {"\"until\":1800001000", "\"until\":\"later\""},
      {"\"until\":1800001000,", ""},
      {"\"reason\":\"signed_out\"", "\"reason\":\"bored\""},
      {"\"cut\":\"1763800000000.42\",", ""},
      {"\"cut\":\"1763800000000.42\"", "\"cut\":\"1763800000000.042\""},
      {"\"cut\":1763800011000", "\"cut\":-1"},
      {"\"claim\":\"sid\"", "\"claim\":\"sid\",\"cut\":5"},
      {"\"value\":\"s-1\"", "\"value\":\"\""},
      {"\"value\":\"s-1\"", "\"value\":\"a\\u0000b\""},
      {"\"value\":77", "\"value\":true"},
      {"\"value\":77", "\"value\":9007199254740993"},
  };
  for (const auto& change : kChanges) {
    const auto word = read_word(resealed_with(change.piece, change.replacement));
    ASSERT_FALSE(word.has_value()) << change.piece << " as " << change.replacement;
    EXPECT_EQ(word.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_TRUE(read_word(resealed_with("\"number\":42", "\"number\":9007199254740991")));
}

TEST(Word, ThatIsNoneIsRefused) {
  const std::string jws = seal(full_batch(), *test_key(0))->jws;
  const auto payload = open_envelope(jws, kWordType, kMaxBatchBytes)->payload;
  const std::string unsigned_parts =
      jwt::base64url_encode(std::string_view(R"({"alg":"none","typ":"secevent+jwt","kid":"k"})")) +
      "." + jwt::base64url_encode(payload) + ".AA";
  const std::string kWords[] = {
      "",
      "not JSON",
      payload,
      unsigned_parts,
      jws + ".",
      jws.substr(1),
      jws.substr(0, jws.rfind('.')),
      jws + "=",
      std::string(std::size_t{10} << 20U, 'A'),
      std::string(1000, '.'),
      jwt::sign_compact(*test_key(0), "at+jwt", payload),
      jwt::sign_compact(*test_key(0), kManifestType, payload),
      jwt::sign_compact(*test_key(0), kWordType, "[]"),
      jwt::sign_compact(*test_key(0), kWordType, "not JSON"),
      jwt::sign_compact(*test_key(0), kWordType, std::string(1000, '[')),
  };
  for (const auto& word : kWords) {
    const auto read = read_word(word);
    ASSERT_FALSE(read.has_value()) << word.substr(0, 80);
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_TRUE(read_word(jws).has_value());
}

TEST(Word, HasAHeaderOfExactlyThreeMembers) {
  const std::string jws = seal(full_batch(), *test_key(0))->jws;
  const std::string rest = jws.substr(jws.find('.'));
  const std::string key_id(test_key(0)->key_id());
  const auto with_header = [&rest](const std::string& header) {
    return jwt::base64url_encode(std::string_view(header)) + rest;
  };
  const std::string good = R"({"alg":"EdDSA","typ":"secevent+jwt","kid":")" + key_id + "\"";
  EXPECT_TRUE(read_word(with_header(good + "}")));
  EXPECT_FALSE(read_word(with_header(good + R"(,"crit":["x"]})")));
  EXPECT_FALSE(read_word(with_header(good + R"(,"x":1})")));
  EXPECT_FALSE(read_word(with_header(R"({"alg":"EdDSA","typ":"secevent+jwt"})")));
  EXPECT_FALSE(read_word(with_header(R"({"alg":"ES256","typ":"secevent+jwt","kid":"k"})")));
}

TEST(Heartbeat, IsReadAsItWasSealed) {
  const Heartbeat heartbeat{.issuer = std::string(kTestIssuer),
                            .feed = "default",
                            .head = {.term = 3, .number = 9},
                            .hash = sha256("head"),
                            .at = wall_from_ms(1'800'000'000'000)};
  const std::string jws = seal(heartbeat, *test_key(0));
  const auto word = read_word(jws);
  ASSERT_TRUE(word.has_value()) << word.error().message;
  const auto& read = std::get<Heartbeat>(word->content);
  EXPECT_EQ(read.issuer, heartbeat.issuer);
  EXPECT_EQ(read.feed, heartbeat.feed);
  EXPECT_EQ(read.head, heartbeat.head);
  EXPECT_EQ(read.hash, heartbeat.hash);
  EXPECT_EQ(read.at, heartbeat.at);
  EXPECT_TRUE(signed_by(jws, word->key_id, *test_keys({0})));
}

}  // namespace
}  // namespace rescind::feed
