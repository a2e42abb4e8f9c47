#pragma once
// Where in a broker's log a follower goes on, for brokers that can be read from anywhere: positions
// only grow, so that place is found in few probes. Pure, but for the probes.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "feed/batch.h"

namespace rescind::transport {

// Places in a log, as a broker numbers its messages.
struct BrokerRange {
  std::int64_t first = 0;
  std::int64_t end = 0;  // one past the last
};
struct FoundWord {
  std::int64_t offset = 0;
  feed::Position position;
};

// What a word says about where the feed was when it was written: all up to there lies before it, or
// comes again after it. Nothing where these bytes are no word.
std::optional<feed::Position> place_of(std::string_view jws);

// Messages that are no words, in a row, before a probe gives up.
inline constexpr int kProbeMessages = 64;
// The first word in the range, if one is found near its beginning.
using FirstWord = std::function<Result<std::optional<FoundWord>>(BrokerRange)>;

// From here on lies all that comes after `after`, and not much before it. The beginning of the log
// where it holds no word so early.
Result<std::int64_t> offset_after(BrokerRange all, feed::Position after,
                                  const FirstWord& first_word);

}  // namespace rescind::transport
