#include "revocation/mapping.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "revocation/shared_index_for_test.h"

namespace rescind::revocation {
namespace {

constexpr std::size_t kBytes = std::size_t{64} << 20U;

class MappingTest : public SharedIndexTest {
 protected:
  ErrorCode refused(const std::string& path, std::optional<uid_t> owner = std::nullopt) {
    const auto mapping = Mapping::attach_file(path, Mapping::kPageBytes, owner);
    EXPECT_FALSE(mapping);
    return mapping ? ErrorCode::kInternal : mapping.error().code;
  }
};

TEST_F(MappingTest, WhatIsDroppedReadsAsZeros) {
  for (const bool shared : {false, true}) {
    const auto mapping =
        *(shared ? Mapping::create_file(path(), kBytes) : Mapping::reserve(kBytes));
    ASSERT_TRUE(mapping->extend(3 * Mapping::kPageBytes));
    std::memset(mapping->base(), 7, 3 * Mapping::kPageBytes);
    mapping->drop(Mapping::kPageBytes, Mapping::kPageBytes);
    EXPECT_EQ(mapping->base()[Mapping::kPageBytes - 1], std::byte{7});
    EXPECT_EQ(mapping->base()[Mapping::kPageBytes], std::byte{0});
    EXPECT_EQ(mapping->base()[2 * Mapping::kPageBytes - 1], std::byte{0});
    EXPECT_EQ(mapping->base()[2 * Mapping::kPageBytes], std::byte{7});
  }
}

TEST_F(MappingTest, AFileTakesMemoryAsItGrowsAndNotBefore) {
  const auto mapping = *Mapping::create_file(path(), kBytes);
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(static_cast<std::size_t>(status.st_size), kBytes);
  EXPECT_EQ(status.st_blocks, 0);
  ASSERT_TRUE(mapping->extend(1));
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_LT(static_cast<std::size_t>(status.st_blocks) * 512, kBytes / 16);
  ASSERT_TRUE(mapping->extend(kBytes));
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_GE(static_cast<std::size_t>(status.st_blocks) * 512, kBytes);
}

TEST_F(MappingTest, AFileThatIsThereIsNotOverwritten) {
  std::ofstream(path()) << "somebody's";
  EXPECT_EQ(Mapping::create_file(path(), kBytes).error().code, ErrorCode::kConflict);
  EXPECT_EQ(std::filesystem::file_size(path()), 10U);
}

TEST_F(MappingTest, OnlyAFileOfATrustedOwnerThatNobodyElseMayWriteIsBelieved) {
  {
    const auto made = *Mapping::create_file(path(), kBytes);
  }
  ASSERT_TRUE(Mapping::attach_file(path(), Mapping::kPageBytes));
  ASSERT_EQ(::chmod(path().c_str(), 0620), 0);
  EXPECT_EQ(refused(path()), ErrorCode::kUnauthorized) << "its group may write";
  ASSERT_EQ(::chmod(path().c_str(), 0602), 0);
  EXPECT_EQ(refused(path()), ErrorCode::kUnauthorized) << "all may write";
  ASSERT_EQ(::chmod(path().c_str(), 0644), 0);
  EXPECT_TRUE(Mapping::attach_file(path(), Mapping::kPageBytes));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown(path().c_str(), 12345, static_cast<gid_t>(-1)), 0);
  EXPECT_EQ(refused(path()), ErrorCode::kUnauthorized) << "another owner";
  EXPECT_EQ(refused(path(), 12346), ErrorCode::kUnauthorized) << "not the configured one";
  EXPECT_TRUE(Mapping::attach_file(path(), Mapping::kPageBytes, 12345));
}

TEST_F(MappingTest, WhatIsNoIndexFileIsRefused) {
  EXPECT_EQ(refused(path()), ErrorCode::kNotFound);
  std::ofstream(path()) << "short";
  EXPECT_EQ(refused(path()), ErrorCode::kCorrupt);
  const std::string link = folder() + "/link";
  ASSERT_EQ(::symlink(path().c_str(), link.c_str()), 0);
  EXPECT_EQ(refused(link), ErrorCode::kUnauthorized);
  EXPECT_EQ(refused(folder()), ErrorCode::kUnauthorized) << "a folder";
  const std::string pipe = folder() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(refused(pipe), ErrorCode::kUnauthorized) << "and it does not wait for a writer";
}

}  // namespace
}  // namespace rescind::revocation
