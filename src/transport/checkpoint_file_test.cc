#include "transport/checkpoint_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "feed/checkpoint_conformance.h"

namespace rescind::transport {
namespace {

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "rescind-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class FileUnderTest final : public feed::CheckpointUnderTest {
 public:
  std::unique_ptr<feed::Checkpoint> open() override {
    return std::make_unique<CheckpointFile>(folder_.file("checkpoint"));
  }

 private:
  Folder folder_;
};

std::unique_ptr<feed::CheckpointUnderTest> make_file() { return std::make_unique<FileUnderTest>(); }

}  // namespace
}  // namespace rescind::transport

namespace rescind::feed {
INSTANTIATE_TEST_SUITE_P(File, CheckpointConformance,
                         testing::Values(rescind::transport::make_file));
}  // namespace rescind::feed

namespace rescind::transport {
namespace {

TEST(CheckpointFile, ThatCannotBeWrittenLeavesWhatWasThere) {
  const Folder folder;
  CheckpointFile file(folder.file("checkpoint"));
  ASSERT_TRUE(file.save("before").has_value());
  // Something stands where the new one would be written.
  std::filesystem::create_directory(folder.file("checkpoint.new"));
  const auto saved = file.save("after");
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(file.load()->value(), "before");
}

TEST(CheckpointFile, TakesNoNoticeOfAHalfWrittenOneBesideIt) {
  const Folder folder;
  CheckpointFile file(folder.file("checkpoint"));
  ASSERT_TRUE(file.save("whole").has_value());
  std::ofstream(folder.file("checkpoint.new")) << "ha";
  EXPECT_EQ(file.load()->value(), "whole");
  ASSERT_TRUE(file.save("next").has_value());
  EXPECT_EQ(file.load()->value(), "next");
}

TEST(CheckpointFile, IsReadableByItsOwnerOnly) {
  const Folder folder;
  CheckpointFile file(folder.file("checkpoint"));
  ASSERT_TRUE(file.save("x").has_value());
  struct stat status{};
  ASSERT_EQ(stat(folder.file("checkpoint").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(CheckpointFile, SaysWhyItCannotBeRead) {
  const Folder folder;
  std::filesystem::create_directory(folder.file("checkpoint"));
  EXPECT_FALSE(CheckpointFile(folder.file("checkpoint")).load().has_value());
  EXPECT_FALSE(CheckpointFile(folder.file("none/checkpoint")).save("x").has_value());
}

}  // namespace
}  // namespace rescind::transport
