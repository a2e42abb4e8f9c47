#pragma once
// HTTP/1.1 framing (RFC 9112) from bytes to messages, without sockets: fed synchronously, so that a
// fuzzer can. Strict: lines end with CRLF, no folded lines, no space before a colon, no control
// characters, one Content-Length of digits alone, never beside a Transfer-Encoding, which is
// "chunked" and nothing else. One message has one reading, or none (security.md G5). One thread.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/limits.h"

namespace rescind::net {

// Finds the end of a head as its bytes come in; looks at each byte once.
class HeadScanner {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse };
  enum class Status : std::uint8_t { kMore, kDone, kBad, kTooLongLine, kTooLarge };

  explicit HeadScanner(Kind kind) : kind_(kind) {}
  // `buffer` is the message from its first byte on, and has only grown since the last call.
  Status scan(std::string_view buffer, std::size_t limit);
  // After kDone: the bytes of the head, its empty line included. 2 where there is only that line.
  std::size_t size() const { return line_; }
  // The next message.
  void reset() { line_ = scanned_ = 0; }

 private:
  Kind kind_;
  std::size_t line_ = 0;     // where the line begins that has not ended
  std::size_t scanned_ = 0;  // no line feed before here but those seen
};

// How a body ends (RFC 9112 6.3).
struct Framing {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilEnd };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;          // of kLength
  bool keep_alive = false;           // the connection may carry another message
  bool expects_continue = false;     // the request waits for a 100
  bool unknown_expectation = false;  // (417)
};

// Reads a whole head, up to and with its empty line. 0, or the status of the refusal: 400, 414,
// 431, 505. `request` has its views; body, peer and over_tls stay.
int parse_request_head(std::string_view head, const MessageLimits& limits, Request& request,
                       Framing& framing);

struct ResponseHead {
  int status = 0;
  Headers headers;
  bool version_1_0 = false;
};
// The same for a response to `method`; false where it is malformed.
bool parse_response_head(std::string_view head, const MessageLimits& limits, Method method,
                         ResponseHead& response, Framing& framing);

// Undoes the framing of one body.
class BodyDecoder {
 public:
  enum class Status : std::uint8_t { kMore, kDone, kBad, kTooLarge };
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  // kTooLarge at once where the length is said to be over the limit.
  Status start(const Framing& framing, std::uint64_t limit);
  // Takes from the front of `input` what belongs to the body and appends its data to `out`. After
  // kDone the rest of `input` is the next message.
  Status feed(std::string_view& input, std::string& out);
  // The connection has ended: kDone where that is how this body ends, else kBad.
  Status end() const;

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
  };
  Status take_data(std::string_view& input, std::string& out);
  Status feed_chunked(std::string_view& input, std::string& out);
  Status step(char c);
  Status take_size(char c);

  Framing::Kind kind_ = Framing::Kind::kNone;
  State state_ = State::kSize;
  std::uint64_t left_ = 0;   // of the body, or of the chunk
  std::uint64_t limit_ = 0;  // data that may still come
  int digits_ = 0;           // of the chunk size so far
  std::size_t extension_ = 0;
  std::size_t trailer_ = 0;
};

}  // namespace rescind::net
