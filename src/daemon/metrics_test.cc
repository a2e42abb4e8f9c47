#include "daemon/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

const MetricName kChecks{"rescind_checks_total", "tokens checked"};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++count;
  return count;
}

TEST(Metrics, ExposesCountersGaugesAndHistograms) {
  Metrics metrics;
  metrics.counter(kChecks, {{"decision", "accept"}}).add();
  metrics.counter(kChecks, {{"decision", "accept"}}).add(2);
  metrics.counter(kChecks, {{"decision", "refuse"}}).add();
  metrics.gauge({"rescind_index_entries", "in the index"}).set(42);
  Histogram seconds = metrics.histogram({"rescind_check_seconds", "of a check"}, {0.001, 0.01});
  seconds.observe(0.0005);
  seconds.observe(0.005);
  seconds.observe(5);
  const std::string text = metrics.text();
  for (const char* line :
       {"# HELP rescind_checks_total tokens checked\n# TYPE rescind_checks_total counter\n",
        "rescind_checks_total{decision=\"accept\"} 3\n",
        "rescind_checks_total{decision=\"refuse\"} 1\n",
        "# TYPE rescind_index_entries gauge\nrescind_index_entries 42\n",
        "rescind_check_seconds_bucket{le=\"0.001\"} 1\n",
        "rescind_check_seconds_bucket{le=\"0.01\"} 2\n",
        "rescind_check_seconds_bucket{le=\"+Inf\"} 3\n", "rescind_check_seconds_count 3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_EQ(count_of(text, "# TYPE rescind_checks_total"), 1U);
}

TEST(Metrics, AsksCollectorsAtEachExposition) {
  Metrics metrics;
  std::uint64_t plain = 7;
  auto token = metrics.collect([&plain](Samples& samples) {
    samples.counter(kChecks, {{"decision", "accept"}}, static_cast<double>(plain));
    samples.gauge({"rescind_index_bytes", "of the index"}, {}, 4096);
  });
  EXPECT_THAT(metrics.text(), HasSubstr("rescind_checks_total{decision=\"accept\"} 7\n"));
  plain = 8;
  EXPECT_THAT(metrics.text(), HasSubstr("rescind_checks_total{decision=\"accept\"} 8\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("rescind_index_bytes 4096\n"));
  token.reset();
  EXPECT_THAT(metrics.text(), Not(HasSubstr("rescind_checks_total")));
}

TEST(Metrics, LetsACollectorMakeMetrics) {
  Metrics metrics;
  auto token = metrics.collect([&metrics](Samples&) { metrics.counter(kChecks).add(); });
  metrics.text();
  EXPECT_THAT(metrics.text(), HasSubstr("rescind_checks_total 1\n"));
}

TEST(Metrics, BoundsTheNumberOfSeries) {
  Metrics metrics;
  for (std::size_t i = 0; i < kMaxSeries; ++i) {
    metrics.counter(kChecks, {{"user", std::to_string(i)}}).add();
  }
  EXPECT_THAT(metrics.text(), Not(HasSubstr("other")));
  metrics.counter(kChecks, {{"user", "one more"}}).add();
  metrics.counter(kChecks, {{"user", "and another"}}).add();
  metrics.counter(kChecks, {{"user", "7"}}).add();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("{user=\"other\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{user=\"7\"} 2\n"));
  EXPECT_EQ(count_of(text, "rescind_checks_total{"), kMaxSeries + 1);
}

TEST(Metrics, EscapesLabelValues) {
  Metrics metrics;
  metrics.counter(kChecks, {{"reason", "a\"b\\c\nd"}}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("{reason=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricsDeathTest, RefusesTwoMetricsOfOneName) {
  Metrics metrics;
  metrics.counter(kChecks, {{"decision", "accept"}});
  EXPECT_DEATH(metrics.gauge(kChecks, {{"decision", "accept"}}), "CHECK failed");
  EXPECT_DEATH(metrics.counter(kChecks, {{"other", "accept"}}), "CHECK failed");
  EXPECT_DEATH(metrics.counter({"checks_total", ""}), "CHECK failed");
}

}  // namespace
}  // namespace rescind::daemon
