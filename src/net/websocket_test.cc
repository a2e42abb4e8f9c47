// The rules of RFC 6455 5 to 7 one by one, each bad frame with its good twin. The groups are those
// of the Autobahn test suite (1 framing, 2 pings, 3 reserved bits, 4 opcodes, 5 fragments, 6 UTF-8,
// 7 closing, 10 how bytes are cut).

#include "net/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/websocket_fuzz.h"

namespace rescind::net {
namespace {

using End = WebSocketDecoder::End;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kLimit = 200'000;

std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (const unsigned value : values) out.push_back(static_cast<char>(value));
  return out;
}

// A frame with any first byte, its length spelled as shortly as can be.
std::string frame(unsigned first, std::string_view payload) {
  std::string out = bytes({first});
  const std::size_t size = payload.size();
  const auto part = [size](unsigned shift) { return static_cast<unsigned>(size >> shift) & 0xFFU; };
  if (size < 126) {
    out += bytes({part(0)});
  } else if (size <= 0xFFFF) {
    out += bytes({126, part(8), part(0)});
  } else {
    out += bytes({127, 0, 0, 0, 0, part(24), part(16), part(8), part(0)});
  }
  return out + std::string(payload);
}

// "kind|code|payload" of each message, and the fault.
struct Heard {
  std::vector<std::string> messages;
  std::optional<CloseCode> fault;
};

Heard decode(std::string_view in, End end = End::kClient, std::size_t limit = kLimit,
             std::size_t piece = 1 << 20) {
  Heard heard;
  const WebSocketHeard read = read_websocket(end, in, piece, limit);
  heard.fault = read.fault;
  for (const auto& message : read.messages) {
    constexpr std::array<const char*, 4> kNames = {"text", "ping", "pong", "close"};
    std::string text = kNames[static_cast<std::size_t>(message.kind)];
    if (message.code) text += "|" + std::to_string(*message.code);
    heard.messages.push_back(text + "|" + message.payload);
  }
  return heard;
}

void expect_fault(const std::string& in, CloseCode code, const std::string& what) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20U}) {
    EXPECT_EQ(decode(in, End::kClient, kLimit, piece).fault, code) << what;
  }
}

TEST(WebSocketEncoder, WritesWhatTheRfcShows) {
  // RFC 6455 5.7.
  std::string out;
  append_text(out, "Hello");
  EXPECT_EQ(out, bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
  out.clear();
  append_text(out, "Hello", MaskKey{0x37, 0xfa, 0x21, 0x3d});
  EXPECT_EQ(out, bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
  out.clear();
  append_ping(out, "Hello");
  append_pong(out, "Hello", MaskKey{0x37, 0xfa, 0x21, 0x3d});
  EXPECT_EQ(out, bytes({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f,  //
                        0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
  out.clear();
  append_close(out, CloseCode::kGoingAway, "bye");
  EXPECT_EQ(out, bytes({0x88, 0x05, 0x03, 0xe9, 'b', 'y', 'e'}));
}

TEST(WebSocketEncoder, SpellsEachLengthInOneWay) {
  for (const std::size_t size : {0U, 125U, 126U, 65'535U, 65'536U, 100'000U}) {
    const std::string text(size, 'x');
    std::string plain;
    append_text(plain, text);
    EXPECT_EQ(plain, frame(0x81, text)) << size;
    EXPECT_THAT(decode(plain).messages, ElementsAre("text|" + text)) << size;
    std::string masked;
    append_text(masked, text, MaskKey{1, 2, 3, 4});
    EXPECT_THAT(decode(masked, End::kServer).messages, ElementsAre("text|" + text)) << size;
  }
}

TEST(WebSocketEncoder, CutsAReasonShortBetweenCharacters) {
  std::string out;
  append_close(out, CloseCode::kPolicy, std::string(122, 'a') + "\xC3\xA9");
  EXPECT_THAT(decode(out).messages, ElementsAre("close|1008|" + std::string(122, 'a')));
  out.clear();
  append_close(out, CloseCode::kPolicy, std::string(121, 'a') + "\xC3\xA9z");
  EXPECT_THAT(decode(out).messages,
              ElementsAre("close|1008|" + std::string(121, 'a') + "\xC3\xA9"));
}

TEST(WebSocketDecoder, TakesTextOfEveryLength) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 65'535U, 65'536U}) {
    for (const std::size_t piece : {1U, 997U, 1U << 20U}) {
      const std::string text(size, '*');
      const Heard heard = decode(frame(0x81, text), End::kClient, kLimit, piece);
      EXPECT_THAT(heard.messages, ElementsAre("text|" + text));
      EXPECT_FALSE(heard.fault);
    }
  }
}

TEST(WebSocketDecoder, RefusesBinaryMessages) {
  expect_fault(frame(0x82, "x"), CloseCode::kUnsupported, "binary");
  expect_fault(frame(0x02, "x"), CloseCode::kUnsupported, "a first fragment of binary");
}

TEST(WebSocketDecoder, EndsAMessageAtItsLimit) {
  EXPECT_EQ(decode(frame(0x81, std::string(50, 'a')), End::kClient, 50).messages.size(), 1U);
  EXPECT_EQ(decode(frame(0x81, std::string(51, 'a')), End::kClient, 50).fault, CloseCode::kTooBig);
  const std::string first = frame(0x01, std::string(30, 'a'));
  EXPECT_EQ(decode(first + frame(0x80, std::string(20, 'a')), End::kClient, 50).messages.size(),
            1U);
  EXPECT_EQ(decode(first + frame(0x80, std::string(21, 'a')), End::kClient, 50).fault,
            CloseCode::kTooBig);
  // Before a byte of the payload has come.
  EXPECT_EQ(decode(bytes({0x81, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0})).fault, CloseCode::kTooBig);
  // A control frame is not counted.
  EXPECT_FALSE(
      decode(first + frame(0x89, std::string(125, 'p')) + frame(0x80, "x"), End::kClient, 50)
          .fault);
}

TEST(WebSocketDecoder, RefusesASecondSpellingOfALength) {
  expect_fault(bytes({0x81, 126, 0, 125}), CloseCode::kProtocolError, "125 in 16 bits");
  expect_fault(bytes({0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), CloseCode::kProtocolError,
               "65,535 in 64 bits");
  expect_fault(bytes({0x81, 127, 0x80, 0, 0, 0, 0, 1, 0, 0}), CloseCode::kProtocolError,
               "the highest bit");
}

TEST(WebSocketDecoder, TakesPingsAndPongsBetweenAndWithinMessages) {
  const std::string in = frame(0x89, "") + frame(0x8A, "unasked") + frame(0x01, "a") +
                         frame(0x89, std::string(125, 'p')) + frame(0x00, "b") + frame(0x89, "2") +
                         frame(0x80, "c");
  for (const std::size_t piece : {1U, 2U, 3U, 1U << 20U}) {
    const Heard heard = decode(in, End::kClient, kLimit, piece);
    EXPECT_THAT(heard.messages, ElementsAre("ping|", "pong|unasked",
                                            "ping|" + std::string(125, 'p'), "ping|2", "text|abc"));
    EXPECT_FALSE(heard.fault);
  }
}

TEST(WebSocketDecoder, RefusesControlFramesThatAreLongOrCut) {
  for (const unsigned opcode : {0x08U, 0x09U, 0x0AU}) {
    expect_fault(frame(0x80U | opcode, std::string(126, 'x')), CloseCode::kProtocolError, "long");
    expect_fault(frame(opcode, "x"), CloseCode::kProtocolError, "cut");
  }
}

TEST(WebSocketDecoder, RefusesReservedBits) {
  for (const unsigned bits : {0x40U, 0x20U, 0x10U, 0x70U}) {
    for (const unsigned opcode : {0x01U, 0x08U, 0x09U, 0x0AU}) {
      expect_fault(frame(0x80U | bits | opcode, ""), CloseCode::kProtocolError, "bits");
    }
    const Heard heard = decode(frame(0x81, "before") + frame(0x81U | bits, "x"));
    EXPECT_THAT(heard.messages, ElementsAre("text|before"));
  }
}

TEST(WebSocketDecoder, RefusesUnknownOpcodes) {
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    expect_fault(frame(0x80U | opcode, ""), CloseCode::kProtocolError, std::to_string(opcode));
  }
}

TEST(WebSocketDecoder, RefusesFragmentsOutOfOrder) {
  expect_fault(frame(0x80, "x"), CloseCode::kProtocolError, "nothing to continue");
  expect_fault(frame(0x00, "x"), CloseCode::kProtocolError, "nothing to continue, yet");
  expect_fault(frame(0x01, "x") + frame(0x81, "y"), CloseCode::kProtocolError, "another begins");
  expect_fault(frame(0x01, "x") + frame(0x82, "y"), CloseCode::kProtocolError, "binary begins");
  expect_fault(frame(0x01, "x") + frame(0x80, "y") + frame(0x80, "z"), CloseCode::kProtocolError,
               "one too many");
  EXPECT_THAT(decode(frame(0x01, "") + frame(0x00, "") + frame(0x80, "")).messages,
              ElementsAre("text|"));
}

TEST(WebSocketDecoder, TakesMaskedFramesFromClientsAlone) {
  std::string masked;
  append_text(masked, "x", MaskKey{1, 2, 3, 4});
  EXPECT_EQ(decode(masked, End::kClient).fault, CloseCode::kProtocolError);
  EXPECT_FALSE(decode(masked, End::kServer).fault);
  EXPECT_EQ(decode(frame(0x81, "x"), End::kServer).fault, CloseCode::kProtocolError);
  EXPECT_FALSE(decode(frame(0x81, "x"), End::kClient).fault);
  // Each frame has a key of its own, also between fragments.
  std::string cut = bytes({0x01, 0x82, 1, 0, 0, 0, 'b', 'b', 0x80, 0x81, 0, 0, 0, 0, 'c'});
  for (const std::size_t piece : {1U, 5U, 100U}) {
    EXPECT_THAT(decode(cut, End::kServer, kLimit, piece).messages, ElementsAre("text|cbc"));
  }
}

TEST(WebSocketDecoder, TakesUtf8Alone) {
  const std::vector<std::string> good = {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
                                         std::string("\0", 1),
                                         "\xC2\x80",
                                         "\xE0\xA0\x80",
                                         "\xF0\x90\x80\x80",
                                         "\x7F",
                                         "\xDF\xBF",
                                         "\xEF\xBF\xBF",
                                         "\xF4\x8F\xBF\xBF",
                                         "\xED\x9F\xBF",
                                         "\xEE\x80\x80",
                                         "12345678\xC3\xA9"
                                         "2345678"};
  for (const std::string& text : good) {
    EXPECT_FALSE(decode(frame(0x81, text)).fault) << testing::PrintToString(text);
    // A character may be cut by a fragment's end.
    const std::size_t half = text.size() / 2;
    const Heard cut = decode(frame(0x01, text.substr(0, half)) + frame(0x80, text.substr(half)));
    EXPECT_THAT(cut.messages, ElementsAre("text|" + text));
  }
  const std::vector<std::string> bad = {"\x80",
                                        "\xBF",
                                        "\xC0\xAF",
                                        "\xC1\xBF",
                                        "\xE0\x80\xAF",
                                        "\xF0\x80\x80\xAF",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xF4\x90\x80\x80",
                                        "\xF8\x88\x80\x80\x80",
                                        "\xFE",
                                        "\xFF",
                                        "\xC3",
                                        "12345678\xCE",
                                        "12345678\xE2\x82",
                                        "\xF0\x90\x80"};
  for (const std::string& text : bad) {
    expect_fault(frame(0x81, text), CloseCode::kBadText, testing::PrintToString(text));
    expect_fault(frame(0x88, "\x03\xE8" + text), CloseCode::kBadText, "a reason");
  }
}

TEST(WebSocketDecoder, TakesACloseAndNothingBehindIt) {
  EXPECT_THAT(decode(frame(0x88, "") + frame(0x81, "x")).messages, ElementsAre("close|"));
  const Heard heard = decode(frame(0x01, "unfinished") +
                             frame(0x88, "\x03\xE8" + std::string(123, 'r')) + frame(0xFF, "x"));
  EXPECT_THAT(heard.messages, ElementsAre("close|1000|" + std::string(123, 'r')));
  EXPECT_FALSE(heard.fault);
  WebSocketDecoder decoder(End::kClient);
  EXPECT_FALSE(decoder.ended());
  EXPECT_FALSE(decoder.feed(frame(0x88, ""), [](const WebSocketMessage&) {}));
  EXPECT_TRUE(decoder.ended());
}

TEST(WebSocketDecoder, RefusesCodesThatNeverTravel) {
  const auto closed_with = [](unsigned code) {
    return decode(frame(0x88, bytes({code >> 8U, code & 0xFFU})));
  };
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
    EXPECT_THAT(closed_with(code).messages, ElementsAre("close|" + std::to_string(code) + "|"));
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65'535U}) {
    EXPECT_EQ(closed_with(code).fault, CloseCode::kProtocolError) << code;
  }
  expect_fault(frame(0x88, "\x03"), CloseCode::kProtocolError, "half a code");
}

TEST(WebSocketDecoder, LooksAtNothingBehindAFault) {
  WebSocketDecoder decoder(End::kClient);
  const auto none = [](const WebSocketMessage&) { ADD_FAILURE() << "a message"; };
  EXPECT_EQ(decoder.feed(frame(0x83, ""), none), CloseCode::kProtocolError);
  EXPECT_FALSE(decoder.feed(frame(0x81, "x"), none));
  EXPECT_TRUE(decoder.ended());
}

}  // namespace
}  // namespace rescind::net
