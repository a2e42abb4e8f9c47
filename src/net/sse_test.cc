#include "net/sse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rescind::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "id|type|data" of each event.
std::vector<std::string> decode(EventDecoder& decoder, std::string_view bytes) {
  std::vector<std::string> events;
  EXPECT_TRUE(decoder.feed(bytes, [&](const Event& event) {
    events.push_back(std::string(event.id) + "|" + std::string(event.type) + "|" +
                     std::string(event.data));
  }));
  return events;
}
std::vector<std::string> decode(std::string_view bytes) {
  EventDecoder decoder;
  return decode(decoder, bytes);
}

TEST(SseEncoder, WritesEvents) {
  std::string out;
  append_event(out, {.id = "1.2", .type = "batch", .data = "abc"});
  append_event(out, {.data = "a\nb\r\nc\rd"});
  append_event(out, {});
  append_comment(out, "alive");
  append_retry(out, std::chrono::seconds(2));
  EXPECT_EQ(out,
            "id: 1.2\nevent: batch\ndata: abc\n\n"
            "data: a\ndata: b\ndata: c\ndata: d\n\n"
            "data: \n\n"
            ": alive\n\n"
            "retry: 2000\n\n");
}

TEST(SseDecoder, ReadsWhatTheEncoderWrites) {
  std::string out;
  append_retry(out, std::chrono::seconds(2));
  append_event(out, {.id = "1.2", .type = "batch", .data = "a\nb"});
  append_comment(out, "alive");
  append_event(out, {.data = " c"});
  EventDecoder decoder;
  EXPECT_THAT(decode(decoder, out), ElementsAre("1.2|batch|a\nb", "1.2|message| c"));
  EXPECT_EQ(decoder.retry(), std::chrono::seconds(2));
  EXPECT_EQ(decoder.last_event_id(), "1.2");
}

TEST(SseDecoder, EndsLinesWithAnyLineBreak) {
  const auto wanted = ElementsAre("|message|a\nb", "|message|c");
  EXPECT_THAT(decode("data:a\ndata:b\n\ndata:c\n\n"), wanted);
  EXPECT_THAT(decode("data:a\rdata:b\r\rdata:c\r\r"), wanted);
  EXPECT_THAT(decode("data:a\r\ndata:b\r\n\r\ndata:c\r\n\r\n"), wanted);
  EXPECT_THAT(decode("data:a\rdata:b\n\r\ndata:c\r\n\n"), wanted);
}

TEST(SseDecoder, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string text =
      "\xEF\xBB\xBFid: 1\r\ndata: a\r\n\r\n: c\rdata\rdata: b\r\rid\nevent: x\ndata:  y\n\n";
  const auto whole = decode(text);
  EXPECT_THAT(whole, ElementsAre("1|message|a", "1|message|\nb", "|x| y"));
  for (std::size_t size = 1; size < 5; ++size) {
    EventDecoder decoder;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < text.size(); at += size) {
      for (auto& event : decode(decoder, std::string_view(text).substr(at, size))) {
        events.push_back(std::move(event));
      }
    }
    EXPECT_EQ(events, whole) << size;
  }
}

TEST(SseDecoder, IgnoresWhatTheStandardIgnores) {
  EXPECT_THAT(decode("\n\n\n"), IsEmpty());
  EXPECT_THAT(decode("event: x\n\n"), IsEmpty());                           // no data
  EXPECT_THAT(decode("data: a\n"), IsEmpty());                              // no end
  EXPECT_THAT(decode("other: x\ndata: a\n\n"), ElementsAre("|message|a"));  // unknown field
  EXPECT_THAT(decode("Data: a\n\n"), IsEmpty());                            // names have their case
  EXPECT_THAT(decode("event: x\n\ndata: a\n\n"), ElementsAre("|message|a"));
  EXPECT_THAT(decode(std::string_view("id: a\0b\ndata: c\n\n", 17)), ElementsAre("|message|c"));
}

TEST(SseDecoder, TakesAnIdAlsoFromAnEventWithoutData) {
  EventDecoder decoder;
  EXPECT_THAT(decode(decoder, "id: 7\n"), IsEmpty());
  EXPECT_EQ(decoder.last_event_id(), "");
  EXPECT_THAT(decode(decoder, "\n"), IsEmpty());
  EXPECT_EQ(decoder.last_event_id(), "7");
}

TEST(SseDecoder, TakesARetryOfDigitsAlone) {
  for (const char* text :
       {"retry: -1\n", "retry: 1s\n", "retry: \n", "retry: +1\n", "retry: 99999999999\n"}) {
    EventDecoder decoder;
    decode(decoder, text);
    EXPECT_EQ(decoder.retry(), std::nullopt) << text;
  }
}

TEST(SseDecoder, KeepsTheIdOverANewConnection) {
  EventDecoder decoder;
  decode(decoder, "id: 1\ndata: a\n\nid: 2\ndata: lost");
  decoder.reset();
  EXPECT_EQ(decoder.last_event_id(), "1");
  EXPECT_THAT(decode(decoder,
                     "\xEF\xBB\xBF"
                     "data: b\n\n"),
              ElementsAre("1|message|b"));
}

TEST(SseDecoder, TakesAnEventAtTheLimitAndRefusesOnePast) {
  const auto feed = [](const std::string& bytes) {
    EventDecoder decoder(100);
    std::size_t events = 0;
    const bool good = decoder.feed(bytes, [&](const Event&) { ++events; });
    return good ? static_cast<int>(events) : -1;
  };
  EXPECT_EQ(feed("data:" + std::string(95, 'a') + "\n\n"), 1);
  EXPECT_EQ(feed("data:" + std::string(96, 'a') + "\n\n"), -1);
  EXPECT_EQ(feed(std::string(101, 'a')), -1);
  const std::string half = "data:" + std::string(50, 'a') + "\n";
  EXPECT_EQ(feed(half + "data:" + std::string(49, 'a') + "\n\n"), 1);
  EXPECT_EQ(feed(half + half + "\n"), -1);
}

}  // namespace
}  // namespace rescind::net
