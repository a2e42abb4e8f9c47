#include "transport/broker_snapshot.h"

#include <gtest/gtest.h>

namespace rescind::transport {
namespace {

feed::Snapshot large() {
  feed::Snapshot snapshot{.manifest = "signed", .segments = {}};
  for (char c = 'a'; c < 'd'; ++c) {
    std::string segment(2 * kBrokerChunkBytes + 1, c);
    for (std::size_t i = 0; i < segment.size(); i += 1000)
      segment[i] = static_cast<char>(i + static_cast<std::size_t>(c));
    snapshot.segments.push_back(std::move(segment));
  }
  return snapshot;
}
SnapshotIndex sent(const feed::Snapshot& snapshot) {
  const auto decoded = decode_snapshot_index(encode(*index_of(snapshot)));
  EXPECT_TRUE(decoded);
  return *decoded;
}

TEST(BrokerSnapshot, ComesTogetherFromItsChunksInAnyOrder) {
  const feed::Snapshot snapshot = large();
  auto chunks = chunks_of(snapshot);
  EXPECT_EQ(chunks.size(), 1U + 3U * 3U);
  SnapshotAssembly assembly(sent(snapshot));
  while (!chunks.empty()) {
    EXPECT_FALSE(assembly.complete());
    EXPECT_TRUE(assembly.take(chunks.back()));
    EXPECT_FALSE(assembly.take(chunks.back())) << "twice";
    chunks.pop_back();
  }
  ASSERT_TRUE(assembly.complete());
  EXPECT_EQ(assembly.snapshot().manifest, snapshot.manifest);
  EXPECT_EQ(assembly.snapshot().segments, snapshot.segments);
}

TEST(BrokerSnapshot, EqualChunksAreNeededOnce) {
  const feed::Snapshot snapshot{.manifest = "m", .segments = {"same", "same", ""}};
  SnapshotAssembly assembly(sent(snapshot));
  EXPECT_TRUE(assembly.take("m"));
  EXPECT_TRUE(assembly.take("same"));
  ASSERT_TRUE(assembly.complete());
  EXPECT_EQ(assembly.snapshot().segments, snapshot.segments);
}

TEST(BrokerSnapshot, StrangeAndDamagedChunksArePassedOver) {
  const feed::Snapshot snapshot = large();
  SnapshotAssembly assembly(sent(snapshot));
  std::string damaged(chunks_of(snapshot)[1]);
  damaged[5] ^= 1;
  EXPECT_FALSE(assembly.take(damaged));
  EXPECT_FALSE(assembly.take(""));
  EXPECT_FALSE(assembly.take(std::string(kBrokerChunkBytes + 1, 'x')));
  EXPECT_FALSE(assembly.complete());
}

TEST(BrokerSnapshot, AnIndexThatIsCutOrTooLargeIsRefused) {
  SnapshotIndex index = *index_of(large());
  index.first_offset = 77;
  const std::string bytes = encode(index);
  ASSERT_TRUE(decode_snapshot_index(bytes));
  EXPECT_EQ(decode_snapshot_index(bytes)->first_offset, 77);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_snapshot_index(std::string_view(bytes).substr(0, size)));
  }
  EXPECT_FALSE(decode_snapshot_index(bytes + "x"));
  index.parts.assign(1, std::vector<Digest>(kMaxBrokerSnapshotChunks));
  EXPECT_TRUE(decode_snapshot_index(encode(index)));
  index.parts[0].emplace_back();
  EXPECT_FALSE(decode_snapshot_index(encode(index)));
  EXPECT_FALSE(index_of({.manifest = "m", .segments = std::vector<std::string>(4096, "x")}));
  EXPECT_TRUE(index_of({.manifest = "m", .segments = std::vector<std::string>(4095, "x")}));
}

}  // namespace
}  // namespace rescind::transport
