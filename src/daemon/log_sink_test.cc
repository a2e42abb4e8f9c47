#include "daemon/log_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

#include "base/json.h"
#include "daemon/limits.h"

namespace rescind::daemon {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class LogSinkTest : public testing::Test {
 protected:
  LogSink sink(LogFormat format, LogLevel level = LogLevel::kDebug) {
    return {{.format = format, .level = level}, clock_, stream_};
  }
  std::string line() const { return stream_.str(); }

  ManualClock clock_{Now{.wall = wall_from_ms(1'763'810'712'345), .boot = {}}};
  std::ostringstream stream_;
};

TEST_F(LogSinkTest, WritesJsonLines) {
  sink(LogFormat::kJson).warning("feed gap repaired", {{"feed", "default"}, {"batches", 12}});
  EXPECT_EQ(line(),
            "{\"time\":\"2025-11-22T11:25:12.345Z\",\"level\":\"warning\","
            "\"event\":\"feed gap repaired\",\"feed\":\"default\",\"batches\":\"12\"}\n");
}

TEST_F(LogSinkTest, WritesTextLines) {
  sink(LogFormat::kText)
      .info("listening", {{"address", "127.0.0.1:8480"}, {"note", "two words"}, {"empty", ""}});
  EXPECT_EQ(line(),
            "2025-11-22T11:25:12.345Z info    listening address=127.0.0.1:8480 "
            "note=\"two words\" empty=\"\"\n");
}

TEST_F(LogSinkTest, DropsWhatIsBelowItsLevel) {
  LogSink log = sink(LogFormat::kText, LogLevel::kWarning);
  log.info("quiet");
  EXPECT_EQ(line(), "");
  log.warning("loud");
  EXPECT_THAT(line(), EndsWith("warning loud\n"));
  log.set_level(LogLevel::kDebug);
  log.debug("now too");
  EXPECT_THAT(line(), EndsWith("debug   now too\n"));
}

TEST_F(LogSinkTest, SaysInEveryLineWhatAPartOfTheProcessIs) {
  LogSink whole = sink(LogFormat::kText);
  LogSink part(whole, LogField{"feed", "eu"});
  part.info("caught up", {{"batches", 3}});
  whole.info("ready");
  EXPECT_EQ(line(),
            "2025-11-22T11:25:12.345Z info    caught up feed=eu batches=3\n"
            "2025-11-22T11:25:12.345Z info    ready\n");
  whole.set_level(LogLevel::kError);
  part.warning("dropped as there");
  EXPECT_THAT(line(), Not(HasSubstr("dropped")));
  LogSink json = sink(LogFormat::kJson);
  LogSink(json, LogField{"feed", "eu"}).info("caught up");
  EXPECT_THAT(line(), EndsWith("\"event\":\"caught up\",\"feed\":\"eu\"}\n"));
}

TEST_F(LogSinkTest, KeepsEveryEventOnOneLineWhateverIsInIt) {
  const std::vector<std::string> nasty{
      "a\r\nX-Admin: 1", "a\nlevel=error",          "\x1b[2J", "\x7f", "\xC2\x9B\x32J", "\xff\xfe",
      "\"}{\"",          std::string("nul\0in", 6), "a=b"};
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    for (const std::string& value : nasty) {
      stream_.str("");
      sink(format).info(value, {{"user", value}});
      const std::string text = line();
      EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
      for (const char c : {'\r', '\x1b', '\x7f', '\0', '\xff', '\x9b'}) {
        EXPECT_EQ(text.find(c), std::string::npos) << text;
      }
      if (format == LogFormat::kText) {
        EXPECT_THAT(text, Not(HasSubstr("user=a=b")));
        continue;
      }
      json::Reader reader;
      const auto root = reader.parse(text, {});
      ASSERT_TRUE(root) << root.error().message << text;
      EXPECT_EQ(root->size(), 4U);
    }
  }
}

TEST_F(LogSinkTest, CutsLongValuesBetweenCharacters) {
  const std::string fits(kMaxLogValueBytes, 'x');
  sink(LogFormat::kJson).info("e", {{"v", fits}});
  EXPECT_THAT(line(), HasSubstr(fits + "\""));
  stream_.str("");
  // The character at the cut has two bytes, of which only the first would fit.
  sink(LogFormat::kJson).info("e", {{"v", fits.substr(1) + "\xC3\xA9"}});
  EXPECT_THAT(line(), HasSubstr("x…\""));
  EXPECT_THAT(line(), Not(HasSubstr("\xC3\xA9")));
}

TEST_F(LogSinkTest, DoesNotMixLinesOfThreads) {
  LogSink log = sink(LogFormat::kText);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 200; ++i) log.info("event", {{"value", "xxxxxxxxxxxxxxxxxxxx"}});
      });
    }
  }
  std::istringstream lines(line());
  int count = 0;
  for (std::string one; std::getline(lines, one); ++count) {
    EXPECT_EQ(one, "2025-11-22T11:25:12.345Z info    event value=xxxxxxxxxxxxxxxxxxxx");
  }
  EXPECT_EQ(count, 800);
}

TEST_F(LogSinkTest, NamesItsLevels) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(parse_log_level(log_level_name(level)), level);
  }
  EXPECT_EQ(parse_log_level("WARNING"), std::nullopt);
}

}  // namespace
}  // namespace rescind::daemon
