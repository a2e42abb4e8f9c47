#include "cli/output.h"

#include <gtest/gtest.h>

namespace rescind::cli {
namespace {

class Printed : public ::testing::Test {
 protected:
  std::string list(Output output) {
    Globals globals;
    globals.output = output;
    const auto reply = Reply::parse(
        200, R"({"users":[{"id":1,"name":"a\u001b[2J"},{"id":22,"name":"bb","off":true}]})");
    testing::internal::CaptureStdout();
    print_list(globals, *reply, "users", {{"ID", "id"}, {"NAME", "name"}, {"OFF", "off"}});
    return testing::internal::GetCapturedStdout();
  }
};

TEST_F(Printed, ATableIsAlignedAndNobodysNameDrivesTheTerminal) {
  EXPECT_EQ(list(Output::kTable),
            "ID  NAME      OFF\n"
            "1   a\\x1b[2J  \n"
            "22  bb        true\n");
}

TEST_F(Printed, JsonIsTheAnswerAsItCame) {
  EXPECT_EQ(list(Output::kJson),
            R"({"users":[{"id":1,"name":"a\u001b[2J"},{"id":22,"name":"bb","off":true}]})"
            "\n");
}

TEST_F(Printed, JsonLinesAreOneRowEach) {
  EXPECT_EQ(list(Output::kJsonLines),
            "{\"id\":1,\"name\":\"a\\u001b[2J\"}\n{\"id\":22,\"name\":\"bb\",\"off\":true}\n");
}

}  // namespace
}  // namespace rescind::cli
