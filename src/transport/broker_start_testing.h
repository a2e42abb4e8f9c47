#pragma once
// For tests: an adapter at the start of an authority, by its URL, as the registry opens it.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "transport/broker.h"
#include "transport/registry.h"

namespace rescind::transport {

class BrokerStart : public testing::Test {
 protected:
  Result<std::unique_ptr<feed::Transport>> open_url(
      const std::string& url, Milliseconds retention = std::chrono::hours(1)) {
    FeedAccess access;
    access.url = url;
    access.retention = retention;
    return registry.transport(access, in);
  }
  std::unique_ptr<RequestTopic> requests(const std::string& url) {
    FeedAccess access;
    access.url = url;
    auto topic = registry.requests(access, in);
    EXPECT_TRUE(topic) << topic.error().message;
    return topic ? *std::move(topic) : nullptr;
  }
  // In words that name the place and say what mends it.
  template <typename T>
  static void expect_refused(const Result<T>& result, const std::string& place,
                             const std::string& mended_by) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
    EXPECT_NE(result.error().message.find(mended_by), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find(place), std::string::npos) << result.error().message;
  }
  // Those that come first; fewer where no more come.
  static std::vector<std::string> read(BrokerReader& reader, std::size_t count) {
    std::vector<std::string> words;
    // However few come at once.
    for (int nothing = 0; nothing < 200 && words.size() < count;) {
      auto more = reader.read(Milliseconds(100));
      EXPECT_TRUE(more) << more.error().message;
      if (!more) break;
      nothing += more->empty() ? 1 : 0;
      std::ranges::move(*more, std::back_inserter(words));
    }
    return words;
  }

  Registry registry;
  net::Loop loop;
  SeededRandom random{3};
  NullLog log;
  const Surroundings in{.loop = loop, .random = random, .log = log};
};

}  // namespace rescind::transport
