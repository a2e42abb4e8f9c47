#pragma once
// For tests of the shared index: a folder of its own, and a writer as an agent has it.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "revocation/index.h"
#include "revocation/shared_file.h"

namespace rescind::revocation {

class SharedIndexTest : public testing::Test {
 public:
  static constexpr std::size_t kMaxEntries = 1'000'000;

  static Entry entry(std::uint64_t n) {
    return {.key = {.high = n * 0x9e37'79b9'7f4a'7c15U, .low = n + 1},
            .cut = {},
            .until = 1'800'000'000 + n % 1000,
            .reason = Reason::kRevoked};
  }

  class Writer {
   public:
    explicit Writer(const std::string& path, std::optional<gid_t> group = std::nullopt)
        : file_(*SharedFile::open({.path = path, .group = group})),
          index_(*Index::create(random_,
                                {.max_entries = kMaxEntries,
                                 .memory = *file_->create(Index::reserved_bytes(kMaxEntries))})) {}
    void apply(std::uint64_t n) { ASSERT_TRUE(index_->apply(entry(n))); }
    Result<void> publish() { return file_->publish(); }
    Index& index() { return *index_; }

   private:
    SystemRandom random_;
    std::unique_ptr<SharedFile> file_;
    std::unique_ptr<Index> index_;
  };

 protected:
  SharedIndexTest() {
    std::string name = "/dev/shm/rescind-test-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~SharedIndexTest() override { std::filesystem::remove_all(folder_); }

  const std::string& folder() const { return folder_; }
  std::string path() const { return folder_ + "/rescind.index"; }
  static unsigned mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777U;
  }
  std::vector<std::string> files_besides_the_lock() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      if (file.path().extension() != ".lock") names.push_back(file.path().filename().string());
    }
    return names;
  }

 private:
  std::string folder_;
};

}  // namespace rescind::revocation
