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
  // In words that name the place and say what mends it.
  static void expect_refused(const Result<std::unique_ptr<feed::Transport>>& opened,
                             const std::string& place, const std::string& mended_by) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
    EXPECT_NE(opened.error().message.find(mended_by), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(place), std::string::npos) << opened.error().message;
  }
  // Those that come first; fewer where no more come.
  static std::vector<std::string> read(BrokerReader& reader, std::size_t count) {
    std::vector<std::string> words;
    for (int i = 0; i < 200 && words.size() < count; ++i) {
      auto more = reader.read(Milliseconds(100));
      EXPECT_TRUE(more) << more.error().message;
      if (!more) break;
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
