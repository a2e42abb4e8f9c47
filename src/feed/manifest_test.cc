#include "feed/manifest.h"

#include <gtest/gtest.h>

#include "feed/authority_for_test.h"
#include "feed/checkpoint.h"
#include "feed/envelope.h"
#include "feed/keys.h"
#include "feed/proof.h"
#include "feed/snapshot.h"

namespace rescind::feed {
namespace {

AuthorityForTest long_lived() {
  AuthorityForTest authority;
  revocation::Rules rules;
  rules.issuers.push_back({.issuer = std::string(kTestIssuer),
                           .stamps = revocation::StampKind::kPosition,
                           .session_claims = {"sid"},
                           .revocable_claims = {},
                           .longest_lifetime = std::chrono::hours(1),
                           .longest_session = std::chrono::hours(24)});
  authority.set_rules(rules);
  authority.revoke({revoke_session("s-1"), revoke_subject("alice", authority.position())});
  authority.change_key(test_key(1));
  authority.begin_term(2000);
  authority.change_key(test_key(2));
  authority.revoke({revoke_session("s-2")});
  return authority;
}

TEST(Manifest, IsReadAsItWasSealed) {
  AuthorityForTest authority = long_lived();
  const auto snapshot = authority.snapshot();
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error().message;
  const auto read = open_manifest(snapshot->manifest, *test_keys({2}));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->issuer, kTestIssuer);
  EXPECT_EQ(read->feed, "default");
  EXPECT_EQ(read->position, authority.position());
  EXPECT_EQ(read->head, authority.last().hash);
  EXPECT_EQ(read->at, authority.now);
  EXPECT_EQ(read->terms, authority.terms());
  EXPECT_EQ(read->keys, jwks_of(*test_keys({2})));
  EXPECT_EQ(read->announcements.size(), 2U);
  ASSERT_NE(read->rules, nullptr);
  EXPECT_EQ(read->rules->issuers.size(), 1U);
  EXPECT_EQ(read->segments.size(), snapshot->segments.size());
}

TEST(Manifest, IsBelievedByWhoIsPinnedToAnOldKeyThroughTheAnnouncements) {
  AuthorityForTest authority = long_lived();
  const std::string jws = authority.snapshot()->manifest;
  EXPECT_TRUE(open_manifest(jws, *test_keys({0})).has_value());
  EXPECT_TRUE(open_manifest(jws, *test_keys({1})).has_value());
  EXPECT_TRUE(open_manifest(jws, *test_keys({2})).has_value());
  EXPECT_FALSE(open_manifest(jws, *test_keys({3})).has_value());
  EXPECT_FALSE(open_manifest(jws, jwt::KeySet()).has_value());
}

TEST(Manifest, DoesNotBelieveAnAnnouncementThatNobodyHeldSigned) {
  AuthorityForTest stranger(test_key(5));
  stranger.change_key(test_key(6));
  EXPECT_FALSE(open_manifest(stranger.snapshot()->manifest, *test_keys({0})).has_value());
}

TEST(Manifest, WithAnyBitFlippedIsRefused) {
  AuthorityForTest authority = long_lived();
  const std::string jws = authority.snapshot()->manifest;
  for (std::size_t i = 0; i < jws.size(); i += 11) {
    std::string damaged = jws;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    EXPECT_FALSE(open_manifest(damaged, *test_keys({2})).has_value()) << "byte " << i;
  }
}

TEST(Manifest, IsNotSealedWithoutTheKeyThatSignsIt) {
  Manifest manifest;
  manifest.issuer = kTestIssuer;
  manifest.feed = "default";
  manifest.keys = jwks_of(*test_keys({1}));
  EXPECT_EQ(seal(manifest, *test_key(0)).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(seal(manifest, *test_key(1)).has_value());
}

TEST(Manifest, ThatNeedsALaterVersionIsRefusedAsSuch) {
  AuthorityForTest authority = long_lived();
  auto payload =
      open_envelope(authority.snapshot()->manifest, kManifestType, kMaxManifestBytes)->payload;
  for (const char* first : {"{\"v\":2,", "{\"v\":1,\"requires\":[\"later\"],"}) {
    std::string changed = payload;
    changed.replace(0, std::string_view("{\"v\":1,").size(), first);
    const auto jws = jwt::sign_compact(*test_key(2), kManifestType, changed);
    EXPECT_EQ(open_manifest(jws, *test_keys({2})).error().code, ErrorCode::kInvalid) << first;
  }
}

TEST(Manifest, WithAWrongMemberIsRefused) {
  AuthorityForTest authority = long_lived();
  const auto payload =
      open_envelope(authority.snapshot()->manifest, kManifestType, kMaxManifestBytes)->payload;
  const std::pair<const char*, const char*> kChanges[] = {
      {"\"iss\":\"https", "\"iss\":7,\"x\":\"https"},
      {"\"number\":", "\"number\":-"},
      {"\"head\":\"", "\"head\":\"A"},
      {"\"terms\":[", "\"terms\":[5,"},
      {"\"term\":1000", "\"term\":3000"},
      {"\"term\":2000", "\"term\":2001"},
      {"\"rules\":{", "\"rules\":{\"issuers\":0,"},
      {"\"keys\":[", "\"keys\":[],\"x\":["},
      {"\"announcements\":[", "\"announcements\":[null,"},
      {"\"segments\":[", "\"segments\":[\"AAAA\","},
      {"\"purge_time\":", "\"purge_time\":-1,\"x\":"},
  };
  for (const auto& [piece, replacement] : kChanges) {
    std::string changed = payload;
    ASSERT_NE(changed.find(piece), std::string::npos) << piece;
    changed.replace(changed.find(piece), std::string_view(piece).size(), replacement);
    EXPECT_FALSE(parse_manifest(changed).has_value()) << replacement;
  }
  EXPECT_TRUE(parse_manifest(payload).has_value());
}

TEST(Snapshot, BringsItsEntriesAndAllOrNothing) {
  AuthorityForTest authority = long_lived();
  const auto snapshot = authority.snapshot();
  const auto opened = open_snapshot(*snapshot, *test_keys({0}));
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(opened->entries.size(), 3U);

  for (std::size_t i = 0; i < snapshot->segments.size(); ++i) {
    Snapshot damaged = *snapshot;
    damaged.segments[i].back() = static_cast<char>(damaged.segments[i].back() ^ 0x40);
    EXPECT_FALSE(open_snapshot(damaged, *test_keys({0})).has_value());
  }
  Snapshot shorter = *snapshot;
  shorter.segments.pop_back();
  EXPECT_FALSE(open_snapshot(shorter, *test_keys({0})).has_value());
}

TEST(History, ContainsWhatLiesBetweenTheBeginningsOfItsTerms) {
  const std::vector<Term> terms = {{.term = 10, .first = 1, .previous = {}},
                                   {.term = 20, .first = 5, .previous = {}},
                                   {.term = 30, .first = 7, .previous = {}}};
  const Position head{.term = 30, .number = 9};
  const std::pair<Position, bool> kCases[] = {
      {{0, 0}, true},   {{10, 1}, true},  {{10, 4}, true},   {{10, 5}, false},
      {{20, 4}, false}, {{20, 5}, true},  {{20, 6}, true},   {{20, 7}, false},
      {{30, 6}, false}, {{30, 7}, true},  {{30, 9}, true},   {{30, 10}, false},
      {{15, 3}, false}, {{40, 9}, false}, {{40, 10}, false}, {{10, 0}, false},
  };
  for (const auto& [position, expected] : kCases) {
    EXPECT_EQ(contains(terms, head, position), expected) << revocation::to_string(position);
  }
}

TEST(Proof, IsABatchAHeartbeatOrAManifest) {
  AuthorityForTest authority = long_lived();
  const std::string kWords[] = {authority.last().jws, authority.heartbeat(),
                                authority.snapshot()->manifest};
  for (const auto& jws : kWords) {
    const auto proof = read_proof(jws, *test_keys({2}));
    ASSERT_TRUE(proof.has_value()) << proof.error().message;
    EXPECT_EQ(proof->position, authority.position());
    EXPECT_EQ(proof->hash, authority.last().hash);
    EXPECT_EQ(proof->issuer, kTestIssuer);
    EXPECT_EQ(read_proof(jws, *test_keys({3})).error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(read_proof("nothing", *test_keys({2})).has_value());
}

CheckpointState checkpoint_state() {
  AuthorityForTest authority = long_lived();
  const Snapshot snapshot = *authority.snapshot();
  return {.manifest = open_snapshot(snapshot, *test_keys({2}))->manifest,
          .segments = snapshot.segments,
          .proof = authority.heartbeat()};
}

TEST(CheckpointBlob, IsReadAsItWasWritten) {
  const CheckpointState state = checkpoint_state();
  const auto read = decode_checkpoint(encode_checkpoint(state));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->manifest.position, state.manifest.position);
  EXPECT_EQ(read->manifest.terms, state.manifest.terms);
  EXPECT_EQ(read->manifest.announcements, state.manifest.announcements);
  EXPECT_EQ(read->proof, state.proof);
  EXPECT_EQ(read->segments, state.segments);
}

TEST(CheckpointBlob, ThatIsDamagedAnywhereOrTornIsRefused) {
  const std::string blob = encode_checkpoint(checkpoint_state());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string damaged = blob;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(decode_checkpoint(damaged).has_value()) << "byte " << i;
    EXPECT_FALSE(decode_checkpoint(blob.substr(0, i)).has_value()) << "torn at " << i;
  }
  EXPECT_FALSE(decode_checkpoint(blob + "x").has_value());
  EXPECT_TRUE(decode_checkpoint(blob).has_value());
}

}  // namespace
}  // namespace rescind::feed
