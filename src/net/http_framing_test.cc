// The framing table of security.md (D50) as raw bytes on a socket: what two parsers could cut in
// two ways is refused, the connection ends, and nothing behind it is taken for another request.
// Each bad message has its good twin.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "net/http_server.h"
#include "net/loop_thread.h"
#include "net/raw_client.h"

namespace rescind::net {
namespace {

using testing::EndsWith;
using testing::StartsWith;

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Follows each message: must never be answered.
constexpr const char* kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpFraming : public testing::TestWithParam<Case> {
 protected:
  HttpFraming() {
    ServerOptions options{.limits = {.head_bytes = 1024, .header_fields = 10, .body_bytes = 100}};
    server_ = *Server::open({&thread_.loop()}, options,
                            [this](const Request& request, Responder responder) {
                              smuggled_ = smuggled_ || request.path == "/smuggled";
                              responder.respond({.body = "body:" + std::string(request.body)});
                            });
  }

  std::atomic<bool> smuggled_ = false;
  LoopThread thread_;
  std::unique_ptr<Server> server_;
};

using HttpFramingRefused = HttpFraming;

TEST_P(HttpFramingRefused, AnswersOnceAndEndsTheConnection) {
  RawClient client(server_->port());
  client.send(GetParam().bytes + kSmuggled);
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
  EXPECT_FALSE(smuggled_);
  EXPECT_EQ(server_->counters().refused_requests, 1);
}

std::string post(const std::string& headers, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}
std::string get(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string line(const std::string& line) { return line + "\r\nHost: x\r\n\r\n"; }
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
// A head of exactly that many bytes.
std::string head_of(std::size_t bytes) {
  return get("A: " + std::string(bytes - get("A: \r\n").size(), 'a') + "\r\n");
}
std::string fields(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "A: b\r\n";
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, HttpFramingRefused,
    testing::Values(
        Case{"LengthAndChunked",
             post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Case{"ChunkedAndLength",
             post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        Case{"TwoLengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
        Case{"TheSameLengthTwice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
             400},
        Case{"LengthList", post("Content-Length: 5, 5\r\n", "hello"), 400},
        Case{"LengthWithPlus", post("Content-Length: +5\r\n", "hello"), 400},
        Case{"LengthWithMinus", post("Content-Length: -5\r\n", "hello"), 400},
        Case{"HexadecimalLength", post("Content-Length: 0x5\r\n", "hello"), 400},
        Case{"EmptyLength", post("Content-Length: \r\n", "hello"), 400},
        Case{"LengthWithInnerSpace", post("Content-Length: 1 0\r\n", "hello"), 400},
        Case{"LengthOf2To64", post("Content-Length: 18446744073709551616\r\n", "hello"), 400},
        Case{"LengthOverTheLimit", post("Content-Length: 101\r\n"), 413},
        Case{"SpaceBeforeTheColon", post("Content-Length : 5\r\n", "hello"), 400}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Codings, HttpFramingRefused,
    testing::Values(
        Case{"ChunkedTwice",
             post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
             400},
        Case{"ChunkedList", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
        Case{"UnknownCoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
        Case{"Identity", post("Transfer-Encoding: identity\r\n"), 400},
        Case{"GzipThenChunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
        Case{"QuotedChunked", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400},
        Case{"VerticalTab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
        Case{"ChunkedInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             400},
        Case{"LineFeedAfterSize", chunked("5\nhello\r\n0\r\n\r\n"), 400},
        Case{"LineFeedAfterData", chunked("5\r\nhello\n0\r\n\r\n"), 400},
        Case{"SizeOf2To64", chunked("10000000000000000\r\nx"), 400},
        Case{"SizeOf2To64Less1", chunked("FFFFFFFFFFFFFFFF\r\nx"), 400},
        Case{"EmptySize", chunked("\r\n\r\n"), 400},
        Case{"SizeWithPlus", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
        Case{"SizeWith0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        Case{"SizeWithSpace", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
        Case{"DataLongerThanItsSize", chunked("4\r\nhello\r\n0\r\n\r\n"), 400},
        Case{"NulInExtension", chunked(std::string("5;a=\0\r\nhello\r\n0\r\n\r\n", 20)), 400},
        Case{"TooLongExtension",
             chunked("5;" + std::string(kMaxChunkExtensionBytes + 1, 'a') + "\r\nhello\r\n"), 400},
        Case{"FoldedTrailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
        Case{"LineFeedInTrailer", chunked("0\r\nA: b\n\r\n"), 400},
        Case{"TooLongTrailer",
             chunked("0\r\nA: " + std::string(kMaxTrailerBytes - 2, 'a') + "\r\n\r\n"), 400},
        Case{"ChunkOverTheLimit", chunked("65\r\n"), 413},
        Case{"ChunksOverTheLimit",
             chunked("64\r\n" + std::string(100, 'a') + "\r\n1\r\na\r\n0\r\n\r\n"), 413}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Heads, HttpFramingRefused,
    testing::Values(
        Case{"BareLineFeeds", "GET / HTTP/1.1\nHost: x\n\n", 400},
        Case{"LineFeedAfterTheRequestLine", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
        Case{"LineFeedAfterAHeader", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
        Case{"LineFeedAtTheEnd", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
        Case{"BareCarriageReturn", get("A: b\rC: d\r\n"), 400},
        Case{"FoldedHeader", get("A: b\r\n c\r\n"), 400},
        Case{"FoldedFirstHeader", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        Case{"NulInAValue", get(std::string("A: b\0c\r\n", 8)), 400},
        Case{"NulInAName", get(std::string("A\0: b\r\n", 7)), 400},
        Case{"ControlInAValue", get("A: b\x01\r\n"), 400},
        Case{"SpaceInAName", get("A b: c\r\n"), 400}, Case{"NoColon", get("Ab\r\n"), 400},
        Case{"EmptyName", get(": b\r\n"), 400}, Case{"NonAsciiName", get("\xC3\xA4: b\r\n"), 400},
        Case{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400}, Case{"TwoHosts", get("Host: y\r\n"), 400},
        Case{"HostWithUserInfo", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
        Case{"HostList", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        Case{"OneFieldTooMany", get(fields(10)), 431},
        Case{"HeadOnePastTheLimit", head_of(1025), 431},
        Case{"EndlessHeader", get("A: " + std::string(5000, 'a')), 431},
        Case{"TwoEmptyLines", std::string("\r\n\r\n") + get(""), 400},
        Case{"UnknownExpectation", post("Expect: a-miracle\r\nContent-Length: 1\r\n", "x"), 417},
        Case{"TwoExpectations",
             post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x"),
             400}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    RequestLines, HttpFramingRefused,
    testing::Values(
        Case{"Http09", "GET /\r\n", 400}, Case{"Http09WithHeaders", line("GET /"), 400},
        Case{"Http2", line("GET / HTTP/2.0"), 505}, Case{"Http12", line("GET / HTTP/x.1"), 400},
        Case{"LowerCaseVersion", line("GET / http/1.1"), 400},
        Case{"VersionWithMore", line("GET / HTTP/1.11"), 400},
        Case{"TwoSpacesBefore", line("GET  / HTTP/1.1"), 400},
        Case{"TwoSpacesAfter", line("GET /  HTTP/1.1"), 400},
        Case{"TrailingSpace", line("GET / HTTP/1.1 "), 400},
        Case{"Tab", line("GET\t/ HTTP/1.1"), 400}, Case{"NoTarget", line("GET HTTP/1.1"), 400},
        Case{"LeadingSpace", line(" GET / HTTP/1.1"), 400},
        Case{"SpaceInTarget", line("GET /a b HTTP/1.1"), 400},
        Case{"NonAsciiTarget", line("GET /\xC3\xA4 HTTP/1.1"), 400},
        Case{"Fragment", line("GET /#a HTTP/1.1"), 400},
        Case{"RelativeTarget", line("GET a HTTP/1.1"), 400},
        Case{"BadEscape", line("GET /%4 HTTP/1.1"), 400},
        Case{"NoHexadecimalEscape", line("GET /%zz HTTP/1.1"), 400},
        Case{"EscapedNul", line("GET /%00 HTTP/1.1"), 400},
        Case{"StarForGet", line("GET * HTTP/1.1"), 400},
        Case{"AbsoluteUriOfAnotherHost", line("GET http://y/ HTTP/1.1"), 400},
        Case{"AbsoluteUriOfAnotherPort", line("GET http://x:81/ HTTP/1.1"), 400},
        Case{"AbsoluteUriWithUserInfo", line("GET http://a@x/ HTTP/1.1"), 400},
        Case{"AbsoluteUriOfAnotherScheme", line("GET ftp://x/ HTTP/1.1"), 400},
        Case{"Method", line("G@T / HTTP/1.1"), 400},
        Case{"Connect", line("CONNECT x:443 HTTP/1.1"), 405},
        Case{"Trace", line("TRACE / HTTP/1.1"), 405},
        Case{"TooLongTarget", line("GET /" + std::string(1100, 'a') + " HTTP/1.1"), 414}),
    [](const auto& test) { return test.param.name; });

using HttpFramingAccepted = HttpFraming;

TEST_P(HttpFramingAccepted, AnswersItAndTheNext) {
  RawClient client(server_->port());
  client.send(GetParam().bytes + kSmuggled);
  const std::string answer = client.read_response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  const bool hello = GetParam().bytes.find("ello") != std::string::npos;
  EXPECT_THAT(answer, EndsWith(hello ? "\r\n\r\nbody:hello" : "\r\n\r\nbody:"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nbody:"));
  EXPECT_TRUE(smuggled_);
  EXPECT_EQ(server_->counters().refused_requests, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Twins, HttpFramingAccepted,
    testing::Values(
        Case{"Length", post("Content-Length: 5\r\n", "hello"), 200},
        Case{"LengthWithoutSpace", post("content-length:5\r\n", "hello"), 200},
        Case{"LengthWithSpaces", post("Content-Length: \t 5 \t\r\n", "hello"), 200},
        Case{"LengthWithZeros", post("Content-Length: 005\r\n", "hello"), 200},
        Case{"Chunked", chunked("5\r\nhello\r\n0\r\n\r\n"), 200},
        Case{"CodingInUpperCase", post("Transfer-Encoding: CHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n"),
             200},
        Case{"SeveralChunks", chunked("1\r\nh\r\n04\r\nello\r\n00\r\n\r\n"), 200},
        Case{"Extension", chunked("5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n"), 200},
        Case{"ExtensionAtTheLimit",
             chunked("5;" + std::string(kMaxChunkExtensionBytes, 'a') + "\r\nhello\r\n0\r\n\r\n"),
             200},
        Case{"Trailer", chunked("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"), 200},
        Case{
            "TrailerAtTheLimit",
            chunked("5\r\nhello\r\n0\r\nA: " + std::string(kMaxTrailerBytes - 3, 'a') + "\r\n\r\n"),
            200},
        Case{"EmptyHeaderValue", get("A:\r\n"), 200},
        Case{"NonAsciiValue", get("A: \xC3\xA4\r\n"), 200},
        Case{"TabInAValue", get("A: b\tc\r\n"), 200},
        Case{"OneEmptyLineBefore", "\r\n" + get(""), 200},
        Case{"FieldsAtTheLimit", get(fields(9)), 200}, Case{"HeadAtTheLimit", head_of(1024), 200},
        Case{"AbsoluteUri", line("GET http://x/a HTTP/1.1"), 200},
        Case{"AbsoluteUriInUpperCase", line("GET HTTP://X?a HTTP/1.1"), 200},
        Case{"Star", line("OPTIONS * HTTP/1.1"), 200},
        Case{"Escapes", line("GET /%2F%41 HTTP/1.1"), 200},
        Case{"ForeignMethod", line("PROPFIND / HTTP/1.1"), 200},
        Case{"KeepAliveInHttp10", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200},
        Case{"ExpectationWithTheBody",
             post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), 200}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpFraming, TakesABodyAtTheLimit) {
  RawClient client(server_->port());
  client.send(post("Content-Length: 100\r\n", std::string(100, 'a')));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
  client.send(chunked("64\r\n" + std::string(100, 'a') + "\r\n0\r\n\r\n"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpFraming, AsksForTheBodyThatWaitsToBeAskedFor) {
  RawClient client(server_->port());
  client.send(post("Expect: 100-continue\r\nContent-Length: 5\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_THAT(client.read_response(), EndsWith("body:hello"));
}

TEST_F(HttpFraming, DoesNotAskForABodyThatIsTooLong) {
  RawClient client(server_->port());
  client.send(post("Expect: 100-continue\r\nContent-Length: 101\r\n"));
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpFraming, EndsAnHttp10Connection) {
  RawClient client(server_->port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("body:"));
}

TEST_F(HttpFraming, SendsNoBodyToHead) {
  RawClient client(server_->port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, testing::HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

}  // namespace
}  // namespace rescind::net
