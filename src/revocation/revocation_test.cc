#include "revocation/revocation.h"

#include <gtest/gtest.h>

namespace rescind::revocation {
namespace {

TEST(ReasonTest, IsNamedAndOrderedByGravity) {
  for (const Reason reason : {Reason::kSignedOut, Reason::kRevoked, Reason::kCompromised}) {
    EXPECT_EQ(reason_named(to_string(reason)), reason);
  }
  EXPECT_EQ(reason_named("signed_out"), Reason::kSignedOut);
  EXPECT_EQ(reason_named("Revoked"), std::nullopt);
  EXPECT_EQ(reason_named(""), std::nullopt);
  EXPECT_LT(Reason::kSignedOut, Reason::kRevoked);
  EXPECT_LT(Reason::kRevoked, Reason::kCompromised);
}

TEST(EntryTest, HasTheKeyInTheTargetsPlace) {
  const Revocation revocation{.target = {"https://auth.example", "sub", "u"},
                              .cut = Stamp{3, 4},
                              .until = 99,
                              .reason = Reason::kCompromised};
  const Entry entry = entry_of(revocation);
  EXPECT_EQ(entry.key, key_of(revocation.target));
  EXPECT_EQ(entry.cut, revocation.cut);
  EXPECT_EQ(entry.until, 99);
  EXPECT_EQ(entry.reason, Reason::kCompromised);
}

}  // namespace
}  // namespace rescind::revocation
