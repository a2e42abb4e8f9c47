#include "cli/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rescind::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Probed refused() {
  return {.finding = Probed::Finding::kRefused,
          .url = "https://shop.example/orders",
          .position = "7.12",
          .refused_ms = 2.81,
          .settled_ms = 2.81,
          .passed = 1,
          .status = 401,
          .why = "signed out"};
}

TEST(Probed, KeepsItsPromiseUpToTheLimit) {
  Probed probed = refused();
  EXPECT_TRUE(probed.kept(Milliseconds(0))) << "no limit";
  probed.settled_ms = 500;
  EXPECT_TRUE(probed.kept(Milliseconds(500)));
  probed.settled_ms = 500.01;
  EXPECT_FALSE(probed.kept(Milliseconds(500)));
  for (const auto finding : {Probed::Finding::kNeverRefused, Probed::Finding::kUnguarded,
                             Probed::Finding::kRefusesGood}) {
    probed.finding = finding;
    EXPECT_FALSE(probed.kept(Milliseconds(0)));
  }
}

TEST(Probed, SaysInASentenceWhatWasFound) {
  Probed probed = refused();
  EXPECT_EQ(text_of(probed),
            "https://shop.example/orders refused 2.8 ms after the revocation (401, signed out); "
            "1 request passed after it");
  probed.passed = 3;
  probed.failed = 1;
  probed.settled_ms = 9.5;
  EXPECT_THAT(text_of(probed), HasSubstr("3 requests passed after it, 1 request got no decision"));
  EXPECT_THAT(text_of(probed), HasSubstr("settled after 9.5 ms"));
  probed.finding = Probed::Finding::kNeverRefused;
  EXPECT_THAT(text_of(probed), HasSubstr("does not look at revocations"));
  probed.finding = Probed::Finding::kUnguarded;
  EXPECT_THAT(text_of(probed), HasSubstr("nothing guards this route"));
  probed.finding = Probed::Finding::kRefusesGood;
  probed.why = "a\x1b[2J";
  EXPECT_THAT(text_of(probed), HasSubstr("another audience or scope"));
  EXPECT_THAT(text_of(probed), Not(HasSubstr("\x1b"))) << "a route's word drives no terminal";
}

TEST(Probed, IsJsonForPrograms) {
  json::Writer w;
  write(w, refused());
  EXPECT_EQ(w.text(),
            R"({"url":"https://shop.example/orders","finding":"refused","position":"7.12",)"
            R"("refused_ms":2.81,"settled_ms":2.81,"why":"signed out","status":401,"passed":1,)"
            R"("failed":0})");
}

}  // namespace
}  // namespace rescind::cli
