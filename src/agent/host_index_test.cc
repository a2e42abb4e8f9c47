#include "agent/host_index.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "revocation/shared_index_for_test.h"

namespace rescind::agent {
namespace {

using revocation::Index;
using revocation::IndexView;
using std::chrono::seconds;

class HostIndexTest : public revocation::SharedIndexTest {
 protected:
  Result<std::unique_ptr<HostIndex>> open(std::size_t max_entries = kMaxEntries) {
    return HostIndex::open({.file = {.path = path(), .group = {}}, .max_entries = max_entries},
                           random_, log_);
  }
  void step(HostIndex& index) { index.step(clock.now()); }
  static void become_ready(HostIndex& index) {
    revocation::FeedState state;
    state.ready = true;
    index.index().set_state(state);
  }
  // The region of an agent that is gone.
  void leave_a_region(const std::function<void(Index&)>& fill) {
    Writer writer(path());
    fill(writer.index());
    ASSERT_TRUE(writer.publish());
  }
  void put(std::string_view text) { std::ofstream(path()) << text; }

  ManualClock clock{{wall_from_ms(1'800'000'000'000), BootTime(std::chrono::hours(1))}};

 private:
  SeededRandom random_{7};
  NullLog log_;
};

TEST_F(HostIndexTest, IsPublishedAtOnceWhereThereWasNone) {
  auto index = *open();
  EXPECT_FALSE(IndexView::attach(path())) << "not before its first step";
  step(*index);
  ASSERT_TRUE(index->published());
  EXPECT_EQ((*IndexView::attach(path()))->name(), index->index().view()->name());
  EXPECT_EQ(mode_of(path()), 0600U);
}

TEST_F(HostIndexTest, TakesOverTheRegionBeforeAndReplacesItWhenReady) {
  revocation::Entry with_cut = entry(4711);
  with_cut.cut = revocation::Stamp{.term = 7, .number = 8};
  leave_a_region([&](Index& before) {
    for (std::uint64_t n = 0; n < 5'000; ++n) ASSERT_TRUE(before.apply(entry(n)));
    ASSERT_TRUE(before.apply(with_cut));
    ASSERT_TRUE(before.set_keys("the keys"));
  });
  const auto before = *IndexView::attach(path());
  auto index = *open();
  step(*index);
  EXPECT_FALSE(index->published());
  EXPECT_FALSE(before->superseded());
  become_ready(*index);
  step(*index);
  ASSERT_TRUE(index->published());
  EXPECT_TRUE(before->superseded());
  EXPECT_EQ(index->earlier_keys(), "the keys");

  const Index::Reader reader(*IndexView::attach(path()));
  for (std::uint64_t n = 0; n < 5'000; ++n) ASSERT_TRUE(reader.find(entry(n).key)) << n;
  ASSERT_TRUE(reader.find_cut(with_cut.key));
  EXPECT_EQ(reader.find_cut(with_cut.key)->cut, *with_cut.cut);
  EXPECT_EQ(index->index().entries(), before->entries());
}

TEST_F(HostIndexTest, WhatWasPurgedBeforeStaysPurged) {
  leave_a_region([&](Index& before) {
    ASSERT_TRUE(before.apply(entry(1)));  // until 1,800,000,001
    before.raise_purge_time(wall_from_seconds(1'800'000'900));
  });
  auto index = *open();
  EXPECT_EQ(index->index().purge_time(), wall_from_seconds(1'800'000'900));
  EXPECT_EQ(index->index().entries(), 0U);
}

TEST_F(HostIndexTest, WhatDoesNotFitIsLeftToTheFeed) {
  leave_a_region([&](Index& before) {
    for (std::uint64_t n = 0; n < 3'000; ++n) ASSERT_TRUE(before.apply(entry(n)));
  });
  auto index = *open(1'000);
  EXPECT_LE(index->index().entries(), 1'000U);
  become_ready(*index);
  step(*index);
  EXPECT_TRUE(index->published());
}

TEST_F(HostIndexTest, AFileThatIsNoIndexIsReplaced) {
  for (const std::string& rubbish :
       {std::string(), std::string("hello"), std::string(65'536, 'x')}) {
    put(rubbish);
    auto index = open();
    ASSERT_TRUE(index) << index.error().message;
    step(**index);
    EXPECT_TRUE((*index)->published()) << "there is nothing to wait for";
    EXPECT_TRUE(IndexView::attach(path()));
  }
}

TEST_F(HostIndexTest, AFileThatOthersMayHaveWrittenIsAnError) {
  put("");
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  const auto index = open();
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().code, ErrorCode::kUnauthorized);
  EXPECT_NE(index.error().message.find("remove it"), std::string::npos);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_FALSE(open());
}

TEST_F(HostIndexTest, SaysThatItsFileIsGoneOrAnothers) {
  auto index = *open();
  step(*index);
  clock.advance(seconds(2));
  step(*index);
  EXPECT_EQ(index->problem(), "");
  std::filesystem::remove(path());
  step(*index);
  EXPECT_NE(index->problem(), "");
  Writer another(path() + "-2");
  ASSERT_TRUE(another.publish());
  std::filesystem::rename(path() + "-2", path());
  step(*index);
  EXPECT_NE(index->problem().find("another index"), std::string::npos);
}

TEST_F(HostIndexTest, TriesAgainWhereItCannotBePublished) {
  leave_a_region([](Index&) {});
  auto index = *open();
  become_ready(*index);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  step(*index);
  EXPECT_FALSE(index->published());
  EXPECT_NE(index->problem(), "");
  std::filesystem::remove(path());
  step(*index);
  EXPECT_TRUE(index->published());
  EXPECT_EQ(index->problem(), "");
}

}  // namespace
}  // namespace rescind::agent
