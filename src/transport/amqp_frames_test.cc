// What a broker may send that is none, over a real socket.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/bytes.h"
#include "base/check.h"
#include "base/random.h"
#include "transport/amqp_client.h"
#include "transport/broker.h"

namespace rescind::transport {
namespace {

// Sends what it was given to the first who comes, whatever is asked, and waits for the end.
class ScriptedBroker {
 public:
  explicit ScriptedBroker(std::string bytes) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listening_, any, size) == 0 && ::listen(listening_, 1) == 0);
    CHECK(::getsockname(listening_, any, &size) == 0);
    access_.host = "127.0.0.1";
    access_.port = ntohs(address.sin_port);
    thread_ = std::thread([this, bytes = std::move(bytes)] { serve(bytes); });
  }
  ~ScriptedBroker() {
    ::shutdown(listening_, SHUT_RDWR);  // wakes accept()
    thread_.join();
    ::close(listening_);
  }
  AmqpAccess access_;

 private:
  void serve(std::string_view bytes) const {
    const int peer = ::accept(listening_, nullptr, nullptr);
    if (peer < 0) return;
    std::thread reader([peer] {
      std::array<char, 4096> asked;
      while (::recv(peer, asked.data(), asked.size(), 0) > 0) continue;
    });
    while (!bytes.empty()) {
      const ssize_t sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(peer, SHUT_WR);
    reader.join();
    ::close(peer);
  }
  int listening_ = -1;
  std::thread thread_;
};

std::string u16(std::uint16_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value)};
}
std::string u32(std::uint32_t value) {
  std::string bytes;
  put_u32(bytes, value);
  return bytes;
}
std::string u64(std::uint64_t value) {
  std::string bytes;
  put_u64(bytes, value);
  return bytes;
}
std::string short_text(const std::string& text) {
  return std::string(1, static_cast<char>(text.size())) + text;
}
std::string long_text(const std::string& text) {
  return u32(static_cast<std::uint32_t>(text.size())) + text;
}

std::string frame(char type, std::uint16_t channel, const std::string& payload) {
  return std::string(1, type) + u16(channel) + long_text(payload) + '\xce';
}
std::string method(std::uint16_t channel, std::uint16_t of_class, std::uint16_t id,
                   const std::string& arguments) {
  return frame(1, channel, u16(of_class) + u16(id) + arguments);
}
std::string deliver(std::uint64_t tag = 1) {
  return method(1, 60, 60,
                short_text("reader") + u64(tag) + '\0' + short_text("") + short_text("q"));
}
std::string header(std::uint64_t size, const std::string& headers, std::uint16_t of_class = 60) {
  const std::string properties =
      headers.empty() ? u16(0) : u16(std::uint16_t{1} << 13U) + long_text(headers);
  return frame(2, 1, u16(of_class) + u16(0) + u64(size) + properties);
}
std::string offset(std::uint64_t value) { return short_text("x-stream-offset") + 'l' + u64(value); }
std::string body(const std::string& bytes) { return frame(3, 1, bytes); }
std::string message(const std::string& text, std::uint64_t at) {
  return deliver() + header(text.size(), offset(at)) + (text.empty() ? "" : body(text));
}

std::string start() {
  return method(0, 10, 10,
                std::string("\0\x09", 2) + long_text("") + long_text("PLAIN") + long_text("en_US"));
}
std::string greeting() {
  return start() + method(0, 10, 30, u16(1) + u32(131'072) + u16(60)) +
         method(0, 10, 41, short_text("")) + method(1, 20, 11, long_text(""));
}

Result<std::optional<AmqpEvent>> next(AmqpClient& client) {
  return client.next(std::chrono::seconds(20));
}
// What comes of these bytes after a good greeting.
Result<std::optional<AmqpEvent>> after_greeting(const std::string& bytes) {
  const ScriptedBroker broker(greeting() + bytes);
  auto client = AmqpClient::connect(broker.access_);
  EXPECT_TRUE(client) << client.error().message;
  if (!client) return std::nullopt;
  return next(**client);
}

TEST(AmqpFrames, AMessageComesInAsManyFramesAsItLikes) {
  const ScriptedBroker broker(greeting() + frame(8, 0, "") + deliver(7) + header(5, offset(42)) +
                              body("he") + frame(8, 0, "") + body("llo") + message("", 43));
  const auto client = AmqpClient::connect(broker.access_);
  ASSERT_TRUE(client) << client.error().message;
  auto event = next(**client);
  ASSERT_TRUE(event && *event) << event.error().message;
  const auto first = std::get<AmqpDelivery>(**event);
  EXPECT_EQ(first.consumer, "reader");
  EXPECT_EQ(first.tag, 7U);
  EXPECT_EQ(first.offset, 42);
  EXPECT_EQ(first.body, "hello");
  event = next(**client);
  ASSERT_TRUE(event && *event);
  EXPECT_EQ(std::get<AmqpDelivery>(**event).body, "");
  EXPECT_EQ(next(**client).error().code, ErrorCode::kUnavailable) << "the end";
}

TEST(AmqpFrames, WhatIsLargerThanAnyWordIsPassedOver) {
  const std::string part(100'000, 'x');
  std::string huge = deliver() + header(3'000'000, offset(1));
  for (int i = 0; i < 30; ++i) huge += body(part);
  const std::string largest(kMaxBrokerMessageBytes, 'y');
  huge += deliver() + header(largest.size(), offset(2));
  for (std::size_t at = 0; at < largest.size(); at += part.size()) {
    huge += body(largest.substr(at, part.size()));
  }
  const ScriptedBroker broker(greeting() + huge);
  const auto client = AmqpClient::connect(broker.access_);
  ASSERT_TRUE(client);
  auto event = next(**client);
  ASSERT_TRUE(event && *event);
  EXPECT_TRUE(std::get<AmqpDelivery>(**event).too_large);
  EXPECT_EQ(std::get<AmqpDelivery>(**event).body, "");
  event = next(**client);
  ASSERT_TRUE(event && *event);
  EXPECT_FALSE(std::get<AmqpDelivery>(**event).too_large);
  EXPECT_EQ(std::get<AmqpDelivery>(**event).body, largest);
}

TEST(AmqpFrames, WhatFitsNothingIsRefused) {
  for (const std::string& bytes : {
           header(5, offset(1)),                               // of no message
           body("hello"),                                      //
           deliver() + body("hello"),                          // without a header
           deliver() + deliver(),                              //
           deliver() + header(5, offset(1)) + body("hello!"),  // more than was promised
           deliver() + header(5, offset(1)) + body(""),        //
           deliver() + header(5, offset(1)) + header(5, offset(1)),
           deliver() + header(5, ""),  // without an offset
           deliver() + header(5, short_text("x-stream-offset") + 'S' + long_text("7")),
           deliver() + header(5, offset(~std::uint64_t{0})),  // a negative one
           deliver() + header(std::uint64_t{1} << 40U, offset(1)),
           deliver() + header(5, offset(1), 90),  // of another class
           method(2, 60, 80, u64(1) + '\0'),      // on another channel
           method(1, 60, 71, u64(1) + '\0' + short_text("") + short_text("") + u32(0)),
           method(1, 60, 999, ""),
           std::string("\x03\x00\x01\x00\x00\x00\x01x?", 9),  // the end of a frame is none
           std::string("\x03\x00\x01\x7f\xff\xff\xff", 7),    // larger than agreed
           std::string("HTTP/1.1 400 Bad Request\r\n\r\n"),
       }) {
    const auto event = after_greeting(bytes);
    ASSERT_FALSE(event) << testing::PrintToString(bytes);
    EXPECT_EQ(event.error().code, ErrorCode::kCorrupt)
        << event.error().message << testing::PrintToString(bytes);
  }
}

TEST(AmqpFrames, TablesWithinTablesHaveAnEnd) {
  std::string nested;
  for (int depth = 0; depth < 5000; ++depth) nested = short_text("t") + 'F' + long_text(nested);
  const auto event = after_greeting(deliver() + header(5, nested));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::kCorrupt) << event.error().message;
}

TEST(AmqpFrames, WhatTheBrokerSaysIsSaid) {
  const auto closed = after_greeting(
      method(0, 10, 50, u16(320) + short_text("CONNECTION_FORCED\x1b[31m\n") + u16(0) + u16(0)));
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(closed.error().message, "amqp: the broker ends it: CONNECTION_FORCED?[31m?");
  EXPECT_EQ(after_greeting(method(1, 60, 30, short_text("reader") + '\1')).error().code,
            ErrorCode::kGone);
  const auto refused = after_greeting(method(1, 60, 120, u64(3) + '\1'));
  ASSERT_TRUE(refused && *refused);
  EXPECT_FALSE(std::get<AmqpConfirm>(**refused).taken);
  EXPECT_TRUE(std::get<AmqpConfirm>(**refused).all_before);
}

TEST(AmqpFrames, WhoTakesNothingSaysWhy) {
  const ScriptedBroker broker(greeting() + method(0, 10, 60, short_text("low on disk")) +
                              method(1, 60, 80, u64(1) + '\0'));
  const auto client = AmqpClient::connect(broker.access_);
  ASSERT_TRUE(client);
  const auto confirm = next(**client);
  ASSERT_TRUE(confirm && *confirm);
  EXPECT_TRUE(std::get<AmqpConfirm>(**confirm).taken);
  EXPECT_EQ((*client)->blocked(), "low on disk");
}

TEST(AmqpFrames, AGreetingThatEndsOrIsNoneIsAnErrorInBoundedTime) {
  for (const std::string& bytes :
       {std::string(), start(), std::string("AMQP\0\0\x09\x01", 8),
        start() + method(1, 20, 11, long_text("")),
        start() + method(0, 10, 50, u16(403) + short_text("ACCESS_REFUSED") + u16(0) + u16(0))}) {
    const ScriptedBroker broker(bytes);
    EXPECT_FALSE(AmqpClient::connect(broker.access_)) << testing::PrintToString(bytes);
  }
}

TEST(AmqpFrames, HoweverBytesAreDamagedNothingElseBreaks) {
  const std::string good =
      greeting() + message("one", 1) + method(1, 60, 80, u64(1) + '\1') + message("two", 2);
  SeededRandom random(5);
  for (int i = 0; i < 400; ++i) {
    std::string bytes = good;
    for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
      bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
    }
    if (random.below(4) == 0) bytes.resize(random.below(bytes.size()));
    const ScriptedBroker broker(bytes);
    const auto client = AmqpClient::connect(broker.access_);
    if (!client) continue;
    // Three events at most, and the end.
    for (int event = 0; event < 4; ++event) {
      const auto got = next(**client);
      if (!got) break;
      EXPECT_TRUE(*got);
    }
  }
}

}  // namespace
}  // namespace rescind::transport
