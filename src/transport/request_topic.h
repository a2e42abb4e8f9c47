#pragma once
// The topic of a broker on which services put signed requests (docs/formats.md): what an adapter
// brings for it. Blocking; one thread. What a request is, its reader does not know.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "feed/ports.h"

namespace rescind::transport {

// Of the feed's name.
inline constexpr std::string_view kRequestsSuffix = ".requests";
// A broker has to keep requests for so long, while the authority is away: none is believed longer
// than an hour after it was signed (docs/formats.md), by a clock that may go wrong a little.
inline constexpr Milliseconds kRequestsRetention = std::chrono::hours(2);

class RequestTopic {
 public:
  // How far it has been read, in the broker's own count; {0, 0}: nothing yet. Two numbers, as a
  // position, so that a lease keeps it.
  using Cursor = feed::Position;
  struct Message {
    Cursor cursor;     // after it
    std::string text;  // empty where it is larger than was asked for
    bool is_too_large = false;
  };
  virtual ~RequestTopic() = default;
  // Whether there is such a place, which keeps requests of so many bytes for kRequestsRetention.
  // kInvalid: it has to be made or changed, with the command that does it. Connects; afterwards it
  // is not opened.
  virtual Result<void> check(std::size_t max_bytes) = 0;
  // Connects, and goes to what comes after; to the first that is kept where that is gone, or the
  // topic was made again.
  virtual Result<void> open(Cursor after) = 0;
  // What has come within `wait`, up to so many; larger ones than `max_bytes` without their text.
  // An error ends the connection.
  virtual Result<std::vector<Message>> read(Milliseconds wait, std::size_t max_bytes) = 0;
  // All up to here has been dealt with: it need not be kept.
  virtual void forget(Cursor /*up_to*/) {}
};

// For brokers that number their messages from zero in each topic: a cursor's term, which tells the
// message before it from another at its place, so that a topic that was made again shows. Not zero.
inline std::uint64_t mark_of(std::string_view message) {
  return get_u64(sha256(message).data()) >> 1U | 1U;  // a database's integers have a sign
}

}  // namespace rescind::transport
