// Reads docs/vectors/batch.json, which every implementation in any language has to agree with, and
// the fuzzers' corpora, which have to reach success.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/json.h"
#include "feed/authority_for_test.h"
#include "feed/checkpoint.h"
#include "feed/fields.h"
#include "feed/keys.h"
#include "feed/kind.h"
#include "feed/snapshot.h"
#include "jwt/base64url.h"

namespace rescind::feed {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

class VectorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto parsed =
        reader_.parse(content_of(std::string(RESCIND_SOURCE_DIR) + "/docs/vectors/batch.json"),
                      {.bytes = 1U << 20U, .depth = 8, .members = 10'000});
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    root_ = *parsed;
    keys_ = *key_set_of(*read_jwks(root_, "keys"));
  }
  std::string text(json::Value object, std::string_view name) {
    return std::string(object.find(name)->string().value());
  }

  json::Reader reader_;
  json::Value root_;
  std::shared_ptr<const jwt::KeySet> keys_;
};

TEST_F(VectorsTest, EveryWordIsReadAsItsVectorSays) {
  std::size_t seen = 0;
  Digest previous{};
  for (auto one = root_.find("words")->first(); one; one = one->next()) {
    SCOPED_TRACE(text(*one, "note"));
    const std::string jws = text(*one, "jws");
    const auto word = read_word(jws);
    ASSERT_TRUE(word.has_value()) << word.error().message;
    EXPECT_EQ(jwt::base64url_encode(word->hash), text(*one, "hash"));
    EXPECT_EQ(word->key_id, text(*one, "key"));
    EXPECT_TRUE(signed_by(jws, word->key_id, *keys_));
    const auto& batch = std::get<Batch>(word->content);
    EXPECT_EQ(batch.kind, kind_of(std::string(kEventPrefix) + text(*one, "kind")));
    EXPECT_EQ(batch.position, *read_position(*one));
    if (!batch.critical) {
      EXPECT_EQ(batch.previous, previous);
      previous = word->hash;
    }
    ++seen;
  }
  EXPECT_EQ(seen, 7U);
}

TEST_F(VectorsTest, TheHeartbeatAndTheSnapshotNameTheHead) {
  const auto heartbeat = *root_.find("heartbeat");
  const auto word = read_word(text(heartbeat, "jws"));
  ASSERT_TRUE(word.has_value()) << word.error().message;
  EXPECT_EQ(std::get<Heartbeat>(word->content).head, *read_position(heartbeat));
  EXPECT_EQ(jwt::base64url_encode(std::get<Heartbeat>(word->content).hash),
            text(heartbeat, "hash"));

  Snapshot snapshot;
  snapshot.manifest = text(*root_.find("snapshot"), "manifest");
  for (auto one = root_.find("snapshot")->find("segments")->first(); one; one = one->next()) {
    std::string bytes(one->string()->size() / 2, '\0');
    ASSERT_TRUE(
        from_hex(*one->string(), {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
    snapshot.segments.push_back(bytes);
  }
  const auto opened = open_snapshot(snapshot, *test_keys({0}));
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(opened->manifest.position, *read_position(heartbeat));
  EXPECT_EQ(opened->entries.size(), 4U);
}

TEST_F(VectorsTest, WhatIsToBeRefusedIsRefused) {
  std::size_t seen = 0;
  for (auto one = root_.find("refused")->first(); one; one = one->next(), ++seen) {
    const std::string jws = text(*one, "jws");
    const auto word = read_word(jws);
    EXPECT_FALSE(word && signed_by(jws, word->key_id, *keys_)) << text(*one, "why");
  }
  EXPECT_EQ(seen, 11U);
}

// How many files of a corpus `reaches` says yes to, and how many there are.
template <typename Reaches>
std::pair<int, int> reached(const std::string& fuzzer, Reaches reaches) {
  std::pair<int, int> counts;
  for (const auto& file : std::filesystem::directory_iterator(std::string(RESCIND_SOURCE_DIR) +
                                                              "/src/feed/corpus/" + fuzzer)) {
    ++counts.second;
    if (reaches(content_of(file.path()))) ++counts.first;
  }
  return counts;
}

TEST(Corpus, OfBatchesReachesSuccessAndRefusal) {
  const auto [good, all] =
      reached("batch_fuzz", [](const std::string& jws) { return read_word(jws).has_value(); });
  EXPECT_GE(good, 8);
  EXPECT_GE(all, good + 8);
}

TEST(Corpus, OfManifestsReachesSuccessAndRefusal) {
  const auto [good, all] = reached("manifest_fuzz", [](const std::string& input) {
    return input.starts_with('{') ? parse_manifest(input).has_value()
                                  : open_manifest(input, *test_keys({0})).has_value();
  });
  EXPECT_GE(good, 4);
  EXPECT_GE(all, good + 1);
}

TEST(Corpus, OfCheckpointsReachesSuccessAndRefusal) {
  const auto [good, all] = reached("checkpoint_fuzz", [](std::string input) {
    input.append(text_of(sha256(input)));
    return decode_checkpoint(input).has_value();
  });
  EXPECT_GE(good, 1);
  EXPECT_GE(all, good + 1);
}

}  // namespace
}  // namespace rescind::feed
