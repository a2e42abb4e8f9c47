#include "revocation/shared_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "revocation/index.h"
#include "revocation/shared_index_for_test.h"

namespace rescind::revocation {
namespace {

using SharedFileTest = SharedIndexTest;

TEST_F(SharedFileTest, AnotherProcessSeesWhatTheWriterApplies) {
  Writer writer(path());
  writer.apply(1);
  ASSERT_TRUE(writer.publish());
  const auto view = IndexView::attach(path());
  ASSERT_TRUE(view) << view.error().message;
  const Index::Reader reader(*view);
  EXPECT_TRUE(reader.find(entry(1).key));
  EXPECT_FALSE(reader.find(entry(2).key));
  writer.apply(2);
  EXPECT_TRUE(reader.find(entry(2).key));
  EXPECT_EQ((*view)->entries(), 2U);
  EXPECT_EQ((*view)->name(), writer.index().view()->name());
}

TEST_F(SharedFileTest, NothingIsSeenBeforeItIsPublished) {
  {
    Writer writer(path());
    EXPECT_EQ(IndexView::attach(path()).error().code, ErrorCode::kNotFound);
  }
  EXPECT_TRUE(files_besides_the_lock().empty()) << "what was not published is removed";
}

TEST_F(SharedFileTest, AnIndexGrowsUnderItsReaders) {
  Writer writer(path());
  ASSERT_TRUE(writer.publish());
  const Index::Reader reader(*IndexView::attach(path()));
  for (std::uint64_t n = 0; n < 300'000; ++n) writer.apply(n);
  for (std::uint64_t n = 0; n < 300'000; ++n) ASSERT_TRUE(reader.find(entry(n).key)) << n;
  EXPECT_FALSE(reader.find(entry(300'000).key));
}

TEST_F(SharedFileTest, ASecondWriterIsRefusedWhileTheFirstLives) {
  auto first = SharedFile::open({.path = path(), .group = {}});
  ASSERT_TRUE(first);
  EXPECT_EQ(SharedFile::open({.path = path(), .group = {}}).error().code, ErrorCode::kConflict);
  first->reset();
  EXPECT_TRUE(SharedFile::open({.path = path(), .group = {}}));
}

TEST_F(SharedFileTest, ANewRegionSupersedesTheOneBefore) {
  auto first = std::make_unique<Writer>(path());
  first->apply(1);
  ASSERT_TRUE(first->publish());
  const auto old_view = *IndexView::attach(path());
  first.reset();
  EXPECT_FALSE(old_view->superseded());
  EXPECT_TRUE(Index::Reader(old_view).find(entry(1).key)) << "readers keep what they have";

  Writer second(path());
  old_view->for_each([&second](const Entry& known) { EXPECT_TRUE(second.index().apply(known)); });
  second.apply(2);
  EXPECT_FALSE(old_view->superseded());
  ASSERT_TRUE(second.publish());
  EXPECT_TRUE(old_view->superseded());
  const auto new_view = *IndexView::attach(path());
  EXPECT_NE(new_view->name(), old_view->name());
  const Index::Reader reader(new_view);
  EXPECT_TRUE(reader.find(entry(1).key));
  EXPECT_TRUE(reader.find(entry(2).key));
}

TEST_F(SharedFileTest, RulesAndKeysAreReadByOtherProcesses) {
  Writer writer(path());
  ASSERT_TRUE(writer.publish());
  const Index::Reader reader(*IndexView::attach(path()));
  EXPECT_EQ(reader.keys(), "");
  EXPECT_EQ(reader.keys_generation(), 0U);
  EXPECT_TRUE(reader.rules()->issuers.empty());
  const IssuerRules rules{.issuer = "https://id.test",
                          .session_claims = {"sid"},
                          .longest_lifetime = std::chrono::hours(1),
                          .longest_session = std::chrono::hours(2)};
  ASSERT_TRUE(writer.index().set_rules(std::make_shared<const Rules>(Rules{{rules}})));
  ASSERT_TRUE(writer.index().set_keys("some keys"));
  EXPECT_EQ(*reader.rules(), (Rules{{rules}}));
  EXPECT_EQ(reader.keys(), "some keys");
  EXPECT_EQ(reader.keys_generation(), 1U);
}

TEST_F(SharedFileTest, OnlyTheReadersGroupMayReadIt) {
  Writer alone(path());
  ASSERT_TRUE(alone.publish());
  EXPECT_EQ(mode_of(path()), 0600U);
  const std::string other = folder() + "/group.index";
  Writer shared(other, ::getgid());
  ASSERT_TRUE(shared.publish());
  EXPECT_EQ(mode_of(other), 0640U);
}

TEST_F(SharedFileTest, LeftoversOfKilledWritersAreRemoved) {
  const std::string leftover = folder() + "/.rescind.index.new-1";
  std::ofstream(leftover) << "x";
  const std::string foreign = folder() + "/.other.index.new-1";
  std::ofstream(foreign) << "x";
  Writer writer(path());
  EXPECT_FALSE(std::filesystem::exists(leftover));
  EXPECT_TRUE(std::filesystem::exists(foreign));
}

}  // namespace
}  // namespace rescind::revocation
