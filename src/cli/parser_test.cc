#include "cli/parser.h"

#include <gtest/gtest.h>

#include <optional>

namespace rescind::cli {
namespace {

// Runs a command line against one command of each kind; what it was called with.
class Parser : public ::testing::Test {
 protected:
  Exit run(std::vector<const char*> words) {
    words.insert(words.begin(), "rescind");
    const auto keep = [this](const Invocation& invocation) {
      called = invocation;
      return Exit::kOk;
    };
    const std::vector<Command> commands = {
        {.words = {"revoke", "session"},
         .summary = "one session",
         .positionals = {{.name = "SID", .help = "id"}},
         .options = {{.name = "--wait", .value = "TIME", .help = "wait", .implied = "5s"},
                     {.name = "--compromised", .value = "", .help = "stolen"}},
         .run = keep},
        {.words = {"version"}, .summary = "", .positionals = {}, .options = {}, .run = keep}};
    return parse_and_run(commands, static_cast<int>(words.size()), words.data());
  }

  std::optional<Invocation> called;
};

TEST_F(Parser, ReadsNounVerbPositionalsAndOptions) {
  EXPECT_EQ(run({"revoke", "session", "s_1", "--wait=250ms", "--compromised"}), Exit::kOk);
  ASSERT_TRUE(called.has_value());
  EXPECT_EQ(called->positional("SID"), "s_1");
  EXPECT_EQ(called->option("--wait"), "250ms");
  EXPECT_TRUE(called->has("--compromised"));
}

TEST_F(Parser, AnOptionWithoutItsValueHasTheImpliedOne) {
  EXPECT_EQ(run({"revoke", "session", "s_1", "--wait"}), Exit::kOk);
  ASSERT_TRUE(called.has_value());
  EXPECT_EQ(called->option("--wait"), "5s");
  EXPECT_FALSE(called->has("--compromised"));
}

TEST_F(Parser, GlobalsStandAnywhere) {
  EXPECT_EQ(run({"version", "-o", "json", "--addr", "http://a", "--timeout", "250ms"}), Exit::kOk);
  ASSERT_TRUE(called.has_value());
  EXPECT_EQ(called->globals.output, Output::kJson);
  EXPECT_EQ(called->globals.address, "http://a");
  EXPECT_EQ(called->globals.timeout, Milliseconds(250));
}

TEST_F(Parser, AWrongWordIsAUsageErrorAndRunsNothing) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"revoke"},
                                             {"revoke", "session"},
                                             {"revoke", "sesion", "s_1"},
                                             {"revoke", "session", "s_1", "--unknown"},
                                             {"version", "-o", "xml"},
                                             {"version", "--timeout", "5"},
                                             {"version", "--timeout", "-1s"}}) {
    EXPECT_EQ(run(words), Exit::kUsage);
    EXPECT_FALSE(called.has_value());
  }
}

TEST_F(Parser, HelpIsNoError) { EXPECT_EQ(run({"--help"}), Exit::kOk); }

}  // namespace
}  // namespace rescind::cli
