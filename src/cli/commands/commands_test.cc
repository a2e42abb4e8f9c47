#include "cli/commands/commands.h"

#include <gtest/gtest.h>

#include <set>

namespace rescind::cli {
namespace {

TEST(Commands, EachHasItsOwnWordsASummaryAndWork) {
  std::set<std::vector<std::string>> words;
  for (const Command& command : all_commands()) {
    ASSERT_FALSE(command.words.empty());
    EXPECT_TRUE(words.insert(command.words).second) << command.words.front();
    EXPECT_FALSE(command.summary.empty()) << command.words.front();
    EXPECT_TRUE(command.run) << command.words.front();
    for (const Option& option : command.options) {
      EXPECT_TRUE(option.name.starts_with("--")) << option.name;
      EXPECT_FALSE(option.help.empty()) << option.name;
    }
  }
}

TEST(Commands, AreThoseThatTheInterfacePromises) {
  std::set<std::string> first;
  for (const Command& command : all_commands()) first.insert(command.words.front());
  for (const char* word :
       {"dev",    "demo",       "authority", "authz",   "login", "refresh",  "logout",
        "revoke", "revocation", "token",     "session", "user",  "follower", "top",
        "probe",  "drill",      "watch",     "config",  "feed",  "doctor",   "version"}) {
    EXPECT_TRUE(first.contains(word)) << word;
  }
}

}  // namespace
}  // namespace rescind::cli
