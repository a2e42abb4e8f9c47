#pragma once
// What an adapter over a broker's (blocking) client library brings; one file an adapter. Both ends
// are used by one thread each, never by two at once. What is common to all brokers (threads, the
// loop, back-off, finding out what is missing) is BrokerRoad and BrokerOrigin.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "feed/ports.h"

namespace rescind::transport {

// Larger messages than any word of a feed (JWS of 512 KiB): skipped, and counted as foreign.
inline constexpr std::size_t kMaxBrokerMessageBytes = std::size_t{1} << 20U;

// The receiving end.
class BrokerReader {
 public:
  virtual ~BrokerReader() = default;
  // Connects, within some seconds, and goes to what comes after this position, or as far before it
  // as the broker makes necessary; {0, 0}: to the first that is kept. A second call starts anew.
  virtual Result<void> open(feed::Position after) = 0;
  // The next words, batches and heartbeats, in the broker's order; none where nothing came within
  // `wait`. Whatever else lies there is passed over. An error ends the connection.
  virtual Result<std::vector<std::string>> read(Milliseconds wait) = 0;
  // The snapshot that lies beside the batches. kNotFound: there is none.
  virtual Result<feed::Snapshot> snapshot() = 0;
};
using MakeBrokerReader = std::function<std::unique_ptr<BrokerReader>()>;

}  // namespace rescind::transport
