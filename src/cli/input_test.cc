#include "cli/input.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace rescind::cli {
namespace {

TEST(SecretArgument, ComesFromAFileAndNeverFromTheCommandLine) {
  std::string path = testing::TempDir() + "rescind-input-XXXXXX";
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  std::ofstream(path) << "  a.b.c\n";
  EXPECT_EQ(read_secret_argument("@" + path)->expose(), "a.b.c");
  EXPECT_EQ(read_secret_argument("a.b.c").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(read_secret_argument("@/nowhere/at/all").error().code, ErrorCode::kNotFound);
}

TEST(Confirm, IsAYesOnlyWhereSomebodySaidSo) {
  Globals globals;
  globals.yes = true;
  EXPECT_TRUE(confirm(globals, "sure?"));
}

}  // namespace
}  // namespace rescind::cli
