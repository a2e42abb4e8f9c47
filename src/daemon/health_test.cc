#include "daemon/health.h"

#include <gtest/gtest.h>

namespace rescind::daemon {
namespace {

TEST(Health, IsReadyWhenAllConditionsHold) {
  Health health;
  EXPECT_TRUE(health.ready());
  health.require("store");
  health.require("feed", "no head seen yet");
  EXPECT_FALSE(health.ready());
  health.set("store", true);
  EXPECT_FALSE(health.ready());
  health.set("feed", true);
  EXPECT_TRUE(health.ready());
  health.set("store", false, "disk full");
  EXPECT_FALSE(health.ready());
}

TEST(Health, IsNeverReadyAgainOnceItDrains) {
  Health health;
  health.set("store", true);
  health.drain();
  EXPECT_FALSE(health.ready());
  health.set("store", true);
  EXPECT_FALSE(health.ready());
  EXPECT_EQ(health_json(health.report()),
            R"({"ready":false,"draining":true,"conditions":[{"name":"store","holds":true}]})");
}

TEST(Health, SaysWhyItIsNotReady) {
  Health health;
  health.require("store");
  health.set("feed", true, "ignored");
  EXPECT_EQ(health_json(health.report()),
            R"({"ready":false,"draining":false,"conditions":[{"name":"feed","holds":true},)"
            R"({"name":"store","holds":false,"why":"starting"}]})");
}

}  // namespace
}  // namespace rescind::daemon
