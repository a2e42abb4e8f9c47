#include "cli/roles/role_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config_show.h"

namespace rescind::cli {
namespace {

// The schema of the settings that are chosen.
std::string schema_of(const std::string& role) {
  Invocation invocation;
  if (!role.empty()) invocation.options["--role"] = role;
  std::string schema_text;
  const Exit exit = with_role(invocation, [&](auto& config) {
    daemon::Schema schema;
    describe(schema, config);
    schema_text = daemon::json_schema(schema, "test");
    return Exit::kOk;
  });
  return exit == Exit::kOk ? schema_text : "no such role";
}

TEST(RoleTable, ChoosesSettingsByName) {
  EXPECT_THAT(schema_of("authority"), testing::HasSubstr("\"access_ttl\""));
  EXPECT_EQ(schema_of(""), schema_of("authority"));
  EXPECT_THAT(schema_of("agent"), testing::HasSubstr("\"group\""));
  EXPECT_THAT(schema_of("authz"), testing::HasSubstr("\"position_wait\""));
  EXPECT_THAT(schema_of("denylist"), testing::HasSubstr("\"denylist\""));
}

TEST(RoleTable, NamesThemAllToWhoNamesAnother) {
  EXPECT_EQ(role_names(), "authority (default), agent, authz or denylist");
  EXPECT_EQ(role_option().help, role_names());
  testing::internal::CaptureStderr();
  EXPECT_EQ(schema_of("auth"), "no such role");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr(role_names()));
}

}  // namespace
}  // namespace rescind::cli
