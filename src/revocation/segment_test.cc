#include "revocation/segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/bytes.h"
#include "base/random.h"

namespace rescind::revocation {
namespace {

constexpr std::size_t kPlainPerSegment = (kMaxSegmentBytes - 16) / 20;

std::vector<Entry> some_entries(std::size_t count, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    Entry entry{.key = {random.next_u64(), random.next_u64()},
                .until = random.below(10) == 0 ? kForever : 4 * (1 + random.below(1U << 29U)),
                .reason = static_cast<Reason>(random.below(3))};
    if (random.below(2) == 0) entry.cut = Stamp{random.next_u64(), random.next_u64()};
    entries.push_back(entry);
  }
  return entries;
}

Result<std::vector<Entry>> decode(const std::vector<std::string>& segments) {
  std::vector<Entry> entries;
  for (const std::string& segment : segments) {
    TRY(decode_segment(segment, [&entries](const Entry& entry) { entries.push_back(entry); }));
  }
  return entries;
}

std::vector<Entry> sorted(std::vector<Entry> entries) {
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

TEST(SegmentTest, RoundTripGivesTheSameEntries) {
  for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
    const auto entries = some_entries(count);
    const auto back = decode(encode_segments(entries));
    ASSERT_TRUE(back);
    EXPECT_EQ(sorted(*back), sorted(entries));
  }
}

TEST(SegmentTest, EqualSetsGiveEqualBytesWhateverTheirOrder) {
  auto entries = some_entries(500);
  const auto segments = encode_segments(entries);
  std::ranges::reverse(entries);
  entries.insert(entries.end(), entries.begin(), entries.begin() + 100);
  EXPECT_EQ(encode_segments(entries), segments);
}

TEST(SegmentTest, ASetThatIsVisitedGivesTheSameBytesAsAVector) {
  for (const std::size_t count : {0U, 1U, 1000U, 60'000U, 500'000U}) {
    auto entries = some_entries(count);
    // Many of one beginning, so that its heap is larger than the others.
    for (std::size_t i = 0; i < count / 4; ++i) entries[i].key.high = i;
    const auto each = [&entries](const std::function<void(const Entry&)>& visit) {
      std::ranges::for_each(entries, visit);
    };
    EXPECT_EQ(encode_segments(EachEntry(each)), encode_segments(entries)) << count;
  }
}

TEST(SegmentTest, AReaderGivesTheRecordsInPieces) {
  const auto entries = some_entries(1000);
  for (const std::string& segment : encode_segments(entries)) {
    const auto whole = decode({segment});
    auto reader = SegmentReader::open(segment);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->of_cuts(), whole->front().cut.has_value());
    EXPECT_EQ(reader->left(), whole->size());
    std::vector<Entry> all;
    std::array<Entry, 7> some;
    while (reader->left() > 0) {
      const auto count = reader->read(some);
      ASSERT_TRUE(count && *count > 0);
      all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(*count));
    }
    EXPECT_EQ(all, *whole);
    EXPECT_EQ(*reader->read(some), 0U);
  }
}

// Each piece is read by itself, but the order of records is that of all.
TEST(SegmentTest, AReaderRefusesDisorderBetweenPieces) {
  std::string segment = encode_segments({{.key = {1, 0}}, {.key = {2, 0}}}).front();
  std::swap_ranges(segment.begin() + 16, segment.begin() + 36, segment.begin() + 36);
  auto reader = SegmentReader::open(segment);
  ASSERT_TRUE(reader);
  std::array<Entry, 1> one;
  ASSERT_TRUE(reader->read(one));
  const auto second = reader->read(one);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kCorrupt);
}

TEST(SegmentTest, JoinsEntriesOfOneKey) {
  const Entry a{{1, 2}, Stamp{1, 9}, 400, Reason::kCompromised};
  const Entry b{{1, 2}, Stamp{2, 1}, 300, Reason::kSignedOut};
  const auto back = decode(encode_segments({a, b}));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (std::vector<Entry>{{{1, 2}, Stamp{2, 1}, 400, Reason::kCompromised}}));
}

TEST(SegmentTest, IsTheOneOfTheDocument) {
  const std::vector<Entry> entries{
      {key_of("https://auth.example", "sid", "a"), std::nullopt, 1763800957, Reason::kSignedOut},
      {key_of("https://auth.example", "sub", "u"), Stamp{1763800000000, 42}, 1763804560,
       Reason::kRevoked},
  };
  const auto segments = encode_segments(entries);
  ASSERT_EQ(segments.size(), 2U);
  std::ifstream file(std::string(RESCIND_SOURCE_DIR) + "/docs/formats.md");
  const std::string document((std::istreambuf_iterator<char>(file)), {});
  for (const std::string& segment : segments) {
    EXPECT_NE(document.find(to_hex(bytes_of(segment))), std::string::npos)
        << to_hex(bytes_of(segment)) << ' ' << to_hex(sha256(segment));
    EXPECT_NE(document.find(to_hex(sha256(segment))), std::string::npos);
  }
}

TEST(SegmentTest, IsNeverLongerThanItsLimit) {
  std::vector<Entry> entries;
  for (std::size_t i = 0; i <= kPlainPerSegment; ++i) entries.push_back({.key = {i, 0}});
  const auto full = encode_segments({entries.begin(), entries.end() - 1});
  ASSERT_EQ(full.size(), 1U);
  EXPECT_LE(full[0].size(), kMaxSegmentBytes);
  const auto segments = encode_segments(entries);
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0], full[0]);
  EXPECT_EQ(decode(segments)->size(), entries.size());
}

// What a flipped bit leaves is either no segment, or another segment with another name: never the
// same name, and never a second spelling of the same entries.
TEST(SegmentTest, EveryFlippedBitIsFoundByTheDecoderOrByTheDigest) {
  for (const std::string& segment : encode_segments(some_entries(40))) {
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < segment.size() * 8; ++bit) {
      std::string damaged = segment;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_NE(sha256(damaged), sha256(segment));
      const auto entries = decode({damaged});
      if (entries) {
        EXPECT_EQ(encode_segments(*entries), std::vector<std::string>{damaged}) << bit;
      } else {
        EXPECT_EQ(entries.error().code, ErrorCode::kCorrupt);
        ++refused;
      }
    }
    EXPECT_GE(refused, 16U * 8U) << "the header has no bit to spare";
  }
}

TEST(SegmentTest, EveryShorterOrLongerOneIsRefused) {
  const std::string segment = encode_segments(some_entries(5)).front();
  ASSERT_TRUE(decode({segment}));
  for (std::size_t size = 0; size < segment.size(); ++size) {
    EXPECT_FALSE(decode({segment.substr(0, size)})) << size;
  }
  EXPECT_FALSE(decode({segment + '\0'}));
  EXPECT_FALSE(decode({segment + segment}));
}

// The fuzzer's corpus is no heap of refusals: it reaches success, in both kinds.
TEST(SegmentTest, TheCorpusReachesSuccess) {
  std::set<bool> kinds;
  const std::filesystem::path folder =
      std::string(RESCIND_SOURCE_DIR) + "/src/revocation/corpus/segment_fuzz";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto entries = decode({text});
    if (entries) kinds.insert(entries->front().cut.has_value());
  }
  EXPECT_EQ(kinds.size(), 2U);
}

}  // namespace
}  // namespace rescind::revocation
