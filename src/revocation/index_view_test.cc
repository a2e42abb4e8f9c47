#include "revocation/index_view.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "revocation/index_header.h"
#include "revocation/shared_index_for_test.h"

namespace rescind::revocation {
namespace {

class IndexViewTest : public SharedIndexTest {
 protected:
  // Writes over some bytes of the file, as a fault of the memory or a program of another version.
  void damage(std::size_t offset, std::uint64_t value) {
    const int file = ::open(path().c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(file, &value, sizeof value, static_cast<off_t>(offset)), 8);
    ::close(file);
  }
  std::string why_refused() {
    const auto view = IndexView::attach(path());
    if (view) return "";
    EXPECT_EQ(view.error().code, ErrorCode::kCorrupt);
    return view.error().message;
  }
};

TEST_F(IndexViewTest, ADamagedOrForeignRegionIsRefused) {
  Writer writer(path());
  ASSERT_TRUE(writer.publish());
  ASSERT_EQ(why_refused(), "");
  struct Case {
    std::size_t offset;
    std::uint64_t value;
    const char* says;
  };
  const std::size_t first_shard = offsetof(IndexHeader, plain) + offsetof(Directory, words);
  for (const Case& one : {Case{0, 42, "no index"}, Case{8, 2, "another layout"},
                          Case{16, 1, "damaged"}, Case{24, 1, "damaged"}, Case{56, 1, "damaged"},
                          Case{first_shard, 0, "directory is damaged"},
                          Case{first_shard + 8, ~std::uint64_t{0}, "directory is damaged"}}) {
    std::uint64_t before = 0;
    std::memcpy(&before, writer.index().view()->base() + one.offset, sizeof before);
    damage(one.offset, one.value);
    EXPECT_NE(why_refused().find(one.says), std::string::npos) << one.offset << why_refused();
    damage(one.offset, before);
    EXPECT_EQ(why_refused(), "") << one.offset;
  }
}

TEST_F(IndexViewTest, ARegionThatIsCutOffIsRefused) {
  {
    Writer writer(path());
    ASSERT_TRUE(writer.publish());
  }
  const auto size = static_cast<off_t>(std::filesystem::file_size(path()));
  ASSERT_EQ(::truncate(path().c_str(), size - 4096), 0);
  EXPECT_NE(why_refused(), "");
  ASSERT_EQ(::truncate(path().c_str(), 4096), 0);
  EXPECT_NE(why_refused(), "");
}

TEST_F(IndexViewTest, TheWritersBeatAndPurgeTimeAreSeen) {
  Writer writer(path());
  ASSERT_TRUE(writer.publish());
  const auto view = *IndexView::attach(path());
  EXPECT_EQ(view->beat(), BootTime{});
  FeedState state;
  const Now now{.wall = wall_from_seconds(1'800'000'000), .boot = BootTime(std::chrono::hours(1))};
  state.freshness.refresh(1, now.wall, now.boot);
  writer.index().set_state(state);
  writer.index().purge(now, 1);
  EXPECT_EQ(view->beat(), now.boot);
  EXPECT_EQ(view->purge_time(), now.wall);
}

TEST_F(IndexViewTest, AllEntriesAreVisitedOnce) {
  Writer writer(path());
  for (std::uint64_t n = 0; n < 200'000; ++n) writer.apply(n);
  Entry with_cut = entry(7);
  with_cut.key.low += 1'000'000;
  with_cut.cut = Stamp{.term = 3, .number = 4};
  ASSERT_TRUE(writer.index().apply(with_cut));
  ASSERT_TRUE(writer.publish());
  std::size_t plain = 0;
  std::size_t cut = 0;
  (*IndexView::attach(path()))->for_each([&](const Entry& one) {
    if (one.cut) {
      ++cut;
      EXPECT_EQ(one.key, with_cut.key);
      EXPECT_EQ(one.cut, with_cut.cut);
    } else {
      ++plain;
    }
  });
  EXPECT_EQ(plain, 200'000U);
  EXPECT_EQ(cut, 1U);
}

}  // namespace
}  // namespace rescind::revocation
